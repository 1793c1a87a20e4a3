/** What sites learn of a link to code; next: static.test.ts. */
import { oembedAnswer } from "#gateway/http/schemas.ts";
import { type AppServer, startApp } from "#test/app-server.ts";

let app: AppServer;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());
const ask = (url: string, more = "") => app.get(`/oembed?url=${encodeURIComponent(url)}${more}`);

describe("oEmbed", () => {
  test("answers a link of the start page with a frame of the same code, as big as asked for at most", async () => {
    for (const fragment of ["#code=factor%2812%29", "#link=abcdef"]) {
      const response = await ask(`${app.url}/${fragment}`, "&format=json&maxwidth=500&maxheight=9000");
      const { html, width, height } = oembedAnswer.parse(await response.json());
      expect(response.headers.get("access-control-allow-origin")).toBe("*");
      expect([width, height]).toEqual([500, 400]);
      expect(html).toContain(`<iframe src="${app.url}/embed${fragment}"`);
    }
  });
  test("keeps what a frame's own address asks for, and lets no markup into the frame's", async () => {
    const { html } = oembedAnswer.parse(await (await ask(`${app.url}/embed?hide=run&x=1#code=a"><script>`)).json());
    expect(html).toContain(`src="${app.url}/embed?hide=run&amp;x=1#code=a%22%3E%3Cscript%3E"`);
  });
  test("knows no other links, and no other format", async () => {
    for (const url of ["https://elsewhere.example/#code=1", `${app.url}/`, `${app.url}/v1/docs#code=1`, "no link"])
      expect((await ask(url)).status).toBe(404);
    expect((await ask(`${app.url}/#code=1`, "&format=xml")).status).toBe(400);
    expect((await app.get("/oembed")).status).toBe(400);
  });
});
