// jest's transformer: Node's own type stripping, so tests run the very text that production runs, with exact positions.
const { stripTypeScriptTypes } = require("node:module");
module.exports = { process: (text) => ({ code: stripTypeScriptTypes(text) }) };
