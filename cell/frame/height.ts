/** How high the frame's content is, told whenever it changes; next: frame-math.ts. */
export type Tell = (message: Readonly<Record<string, unknown>>) => void;

export function watchHeight(tell: Tell): void {
  let told = 0;
  const measure = () => {
    const height = Math.ceil(
      Math.max(document.documentElement.getBoundingClientRect().height, document.body?.scrollHeight ?? 0),
    );
    if (Math.abs(height - told) <= 1) return;
    told = height;
    tell({ sandcell: "height", height });
  };
  measure();
  new ResizeObserver(measure).observe(document.documentElement);
  window.addEventListener("load", measure);
}
