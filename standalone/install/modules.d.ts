/** The installer is plain JavaScript, so that a Node without types can run it; its tests see it untyped. */
declare module "#standalone/install/*.mjs";
