/** Short links: code that a reader asked the server to keep; next: oembed-route.test.ts. */
import { bounds } from "#gateway/http/bounds.ts";
import { keptLink, madeLink } from "#gateway/http/schemas.ts";
import { type AppServer, startApp } from "#test/app-server.ts";

let app: AppServer;
beforeEach(async () => {
  app = await startApp();
});
afterEach(() => app.stop());
const make = async (body: unknown) => madeLink.parse(await (await app.post("/v1/links", body)).json());
const read = async (id: string) => keptLink.parse(await (await app.get(`/v1/links/${id}`)).json());
const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code;

describe("a short link", () => {
  test("keeps code, its language and where the controls stood", async () => {
    const shared = {
      code: "@interact\ndef f(n=(1, 5)): pass",
      language: "python" as const,
      controls: [
        ["IntSliderModel", 3],
        ["IntRangeSliderModel", [1, 4]],
        ["TextModel", "x"],
        ["CheckboxModel", true],
      ] as [string, number | number[] | string | boolean][],
    };
    const response = await app.post("/v1/links", shared);
    expect(response.status).toBe(201);
    const { id, page } = madeLink.parse(await response.json());
    expect([page, response.headers.get("location")]).toEqual([`/#link=${id}`, `/v1/links/${id}`]);
    expect(await read(id)).toEqual(shared);
  });
  test("is Sage without controls where nothing else is said, and the same for the same", async () => {
    const { id } = await make({ code: "1+1" });
    expect(await read(id)).toEqual({ code: "1+1", language: "sage", controls: [] });
    expect(await make({ code: "1+1", language: "sage", controls: [] })).toMatchObject({ id });
  });
  test("that another interface's client made is read without its interacts, which are of another kind", async () => {
    const id = await app.parts.permalinks.keep({ code: "x", language: "gap", interacts: '[{"n": 3}]' });
    expect(await read(id)).toEqual({ code: "x", language: "gap", controls: [] });
    const other = await app.parts.permalinks.keep({ code: "x", language: "gap", interacts: "no JSON" });
    expect(await read(other)).toMatchObject({ controls: [] });
  });
  test("that nobody made is 404", async () => {
    for (const id of ["aaaaaa", "x".repeat(500)]) expect((await app.get(`/v1/links/${id}`)).status).toBe(404);
  });
  test("is refused with what is wrong: no code, another field, controls of another kind, too long", async () => {
    for (const body of [{}, { code: 1 }, { code: "x", name: "y" }, { code: "x", controls: [["A", { b: 1 }]] }])
      expect(await codeOf(await app.post("/v1/links", body))).toBe("invalid");
    expect((await app.post("/v1/links", { code: "x".repeat(70_000) })).status).toBe(413);
    const controls = Array.from({ length: 100 }, () => ["TextModel", "x".repeat(2000)]);
    expect((await app.post("/v1/links", { code: "x", controls })).status).toBe(413);
  });
  test("is made so often by one client and no more, and the refusal says when", async () => {
    for (let n = 0; n < bounds.linksPerWindow; n++) await make({ code: "1" });
    const refused = await app.post("/v1/links", { code: "1" });
    expect([refused.status, Number(refused.headers.get("retry-after")) > 0]).toEqual([429, true]);
    expect((await app.get("/v1/links/aaaaaa")).status).toBe(404);
  });
  test("exists as long as /v1/settings says", async () => {
    expect(await (await app.get("/v1/settings")).json()).toMatchObject({ linkKeepDays: 30 });
  });
});
