/** An SVG as matplotlib writes it (paths, uses, clips, pixels; words are paths) as the drawing of a PDF page; next: pdf.ts. */

/** Of one picture. An SVG is made by anybody's code, and uses may be of uses. */
const elementsMax = 200_000;
const depthMax = 40;
const figuresMax = 1e9;

export interface Placed {
  readonly name: string;
  readonly href: string;
}
export interface Drawing {
  readonly width: number;
  readonly height: number;
  /** Operators of the page's content. */
  readonly content: string;
  /** Alpha of fills and strokes, by their names in the content. */
  readonly alphas: ReadonlyMap<string, { readonly fill: number; readonly stroke: number }>;
  readonly images: readonly Placed[];
}
type Style = Readonly<Record<string, string>>;

/** Throws where it is none of that kind. Other elements, and the lines of hatches, are left out. */
export function drawingOf(svg: string): Drawing {
  // A strict policy of the page complains about styles even where nobody applies them.
  const unstyled = svg.replace(/<style[\s\S]*?<\/style>/g, "").replaceAll(' style="', ' data-style="');
  const root = new DOMParser().parseFromString(unstyled, "image/svg+xml").documentElement;
  const [, , width, height] = (root.getAttribute("viewBox") ?? "").split(/[\s,]+/).map(Number);
  if (root.localName !== "svg" || !width || !height) throw new Error("this picture has no size");
  const out: string[] = ["1 j", `1 0 0 -1 0 ${figure(height)} cm`];
  const alphas = new Map<string, { fill: number; stroke: number }>();
  const images: Placed[] = [];
  const byId = new Map([...root.querySelectorAll("[id]")].map((element) => [`#${element.id}`, element]));
  let drawn = 0;

  const draw = (element: Element, around: Style, depth: number): void => {
    if (++drawn > elementsMax || depth > depthMax) throw new Error("this picture is too long");
    const style = { ...around, ...styleOf(element) };
    out.push("q", ...transformOf(element));
    const clip = byId.get(referred(element.getAttribute("clip-path")));
    if (clip) for (const shape of clip.children) out.push(...pathOf(shape), "W n");
    switch (element.localName) {
      case "svg":
      case "g":
        for (const child of element.children) draw(child, style, depth + 1);
        break;
      case "use": {
        const target = byId.get(hrefOf(element));
        out.push(`1 0 0 1 ${figure(numberOf(element, "x"))} ${figure(numberOf(element, "y"))} cm`);
        if (target) draw(target, style, depth + 1);
        break;
      }
      case "image": {
        const [x, y, w, h] = ["x", "y", "width", "height"].map((name) => numberOf(element, name)) as [
          number,
          number,
          number,
          number,
        ];
        const name = `I${images.length}`;
        images.push({ name, href: hrefOf(element) });
        out.push(`${[w, 0, 0, -h, x, y + h].map(figure).join(" ")} cm /${name} Do`);
        break;
      }
      case "path":
      case "rect":
        paint(element, style);
    }
    out.push("Q");
  };
  const paint = (element: Element, style: Style): void => {
    const hatched = byId.get(referred(style["fill"]))?.querySelector("rect");
    const [fill, stroke] = [
      colourOf(hatched ? hatched.getAttribute("fill") : style["fill"], "#000000"),
      colourOf(style["stroke"]),
    ];
    const whole = alphaOf(style["opacity"]);
    const alpha = { fill: whole * alphaOf(style["fill-opacity"]), stroke: whole * alphaOf(style["stroke-opacity"]) };
    if (alpha.fill < 1 || alpha.stroke < 1) {
      const name = `A${Math.round(alpha.fill * 1000)}x${Math.round(alpha.stroke * 1000)}`;
      alphas.set(name, alpha);
      out.push(`/${name} gs`);
    }
    if (fill) out.push(`${fill} rg`);
    if (stroke) out.push(`${stroke} RG`, ...penOf(style));
    out.push(...pathOf(element), fill && stroke ? "B" : fill ? "f" : stroke ? "S" : "n");
  };
  draw(root, {}, 0);
  return { width, height, content: out.join("\n"), alphas, images };
}

const hrefOf = (element: Element) =>
  element.getAttribute("href") ?? element.getAttributeNS("http://www.w3.org/1999/xlink", "href") ?? "";
const numberOf = (element: Element, name: string) => Number(element.getAttribute(name) ?? 0);
const alphaOf = (text = "1") => Math.min(1, Math.max(0, Number(text) || 0));

/** A number as PDF has it: without exponent. */
export function figure(value: number): string {
  if (!(Math.abs(value) < figuresMax)) throw new Error("this picture has a number that is none");
  return value.toFixed(6).replace(/\.?0+$/, "");
}

const referred = (text: string | null | undefined) => /^url\((#[^)]+)\)$/.exec(text ?? "")?.[1] ?? "";

function styleOf(element: Element): Style {
  const pairs = (element.getAttribute("data-style") ?? "").split(";").map((pair) => pair.split(":").map((part) => part.trim()));
  return Object.fromEntries(pairs.filter((pair): pair is [string, string] => pair.length === 2));
}

function colourOf(text: string | null | undefined, otherwise = "none"): string | undefined {
  const [, r, g, b] = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text ?? otherwise) ?? [];
  return r && g && b ? [r, g, b].map((part) => figure(Number.parseInt(part, 16) / 255)).join(" ") : undefined;
}

function penOf(style: Style): string[] {
  const numbers = (text = "") =>
    text === "none"
      ? []
      : text
          .split(/[\s,]+/)
          .filter((part) => part !== "")
          .map(Number);
  const dashes = numbers(style["stroke-dasharray"]).map(figure).join(" ");
  const cap = ["butt", "round", "square"].indexOf(style["stroke-linecap"] ?? "butt");
  const join = ["miter", "round", "bevel"].indexOf(style["stroke-linejoin"] ?? "round");
  return [
    `${figure(Number(style["stroke-width"] ?? 1))} w ${Math.max(0, cap)} J ${Math.max(0, join)} j`,
    ...(dashes === "" ? [] : [`[${dashes}] ${figure(Number(style["stroke-dashoffset"] ?? 0))} d`]),
  ];
}

function transformOf(element: Element): string[] {
  const all = (element.getAttribute("transform") ?? "").matchAll(/(\w+)\(([^)]*)\)/g);
  return [...all].map(([, kind, text]) => {
    const [a = 0, b, ...more] = (text ?? "")
      .trim()
      .split(/[\s,]+/)
      .map(Number);
    const angle = (a * Math.PI) / 180;
    const matrix = {
      translate: [1, 0, 0, 1, a, b ?? 0],
      scale: [a, 0, 0, b ?? a, 0, 0],
      rotate: [Math.cos(angle), Math.sin(angle), -Math.sin(angle), Math.cos(angle), 0, 0],
      matrix: [a, b ?? 0, ...more],
    }[kind ?? ""];
    if (matrix?.length !== 6) throw new Error("this picture has a transformation that is none");
    return `${matrix.map(figure).join(" ")} cm`;
  });
}

const operators: Readonly<Record<string, { readonly takes: number; readonly is: string }>> = {
  M: { takes: 2, is: "m" },
  L: { takes: 2, is: "l" },
  C: { takes: 6, is: "c" },
  Q: { takes: 4, is: "c" },
  z: { takes: 0, is: "h" },
};

function pathOf(element: Element): string[] {
  if (element.localName === "rect") {
    const side = (name: string) => figure(numberOf(element, name));
    return [`${side("x")} ${side("y")} ${side("width")} ${side("height")} re`];
  }
  let [x, y] = [0, 0];
  return [...(element.getAttribute("d") ?? "").matchAll(/([a-zA-Z])([^a-zA-Z]*)/g)].map(([, letter, text]) => {
    const operator = operators[letter ?? ""];
    const points = (text ?? "")
      .split(/[\s,]+/)
      .filter((part) => part !== "")
      .map(Number);
    if (points.length !== operator?.takes) throw new Error("this picture has a path of another kind");
    const [a = 0, b = 0, c = 0, d = 0] = points;
    // PDF has cubic curves alone.
    const cubic =
      letter === "Q"
        ? [x + (2 * (a - x)) / 3, y + (2 * (b - y)) / 3, c + (2 * (a - c)) / 3, d + (2 * (b - d)) / 3, c, d]
        : points;
    if (cubic.length > 0) [x, y] = cubic.slice(-2) as [number, number];
    return `${cubic.map(figure).join(" ")} ${operator.is}`;
  });
}
