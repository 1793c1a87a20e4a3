/** Messages as the kernel sends them, for scripts; next: output.test.ts. */
import type { KernelMessage } from "#protocol/messages.ts";
import type { Step } from "./scripted-server.ts";

export const message = (
  msg_type: KernelMessage["msg_type"],
  content: Record<string, unknown>,
  metadata = {},
): KernelMessage => ({
  msg_type,
  content,
  metadata,
});
export const print = (text: string, name: "stdout" | "stderr" = "stdout"): Step => ({ say: message("stream", { name, text }) });
export const display = (data: Record<string, unknown>, id?: string, metadata = {}): Step => ({
  say: message("display_data", { data, metadata, transient: id ? { display_id: id } : {} }),
});
export const result = (data: Record<string, unknown>): Step => ({
  say: message("execute_result", { execution_count: 1, data, metadata: {} }),
});
export const ask = (prompt: string, password = false): Step[] => [
  { say: message("input_request", { prompt, password }) },
  { until: "input" },
];
export const end = (kind: string, words = "", files: { path: string; size: number }[] = []): Step => ({
  end: { kind, message: words, files: files.map((file) => ({ ...file, sha256: "0".repeat(64) })) },
});

export const integral = { "text/plain": "1/3*x^3", "text/latex": "$\\displaystyle \\frac{1}{3} \\, x^{3}$" };
export const svg =
  '<svg xmlns="http://www.w3.org/2000/svg" width="400" height="300"><path d="M20 150 Q 110 -80 200 150 T 380 150" fill="none" stroke="blue" stroke-width="2"/></svg>';
const esc = (code: string, text: string) => `\x1b[${code}m${text}\x1b[0m`;
export const zeroDivision: Step = {
  say: message("error", {
    ename: "ZeroDivisionError",
    evalue: "rational division by zero",
    traceback: [
      esc("31", "-".repeat(75)),
      `${esc("31", "ZeroDivisionError")}                         Traceback (most recent call last)`,
      `${esc("32", "Cell In[1], line 2")}\n${esc("32", "       1")} def f(x):\n${esc("32", "----> 2")}     return 1/x`,
      `${esc("32", "File /usr/local/lib/python3.13/dist-packages/sage/rings/rational.pyx:12")}, in ${esc("36", "div")}`,
      `${esc("31", "ZeroDivisionError")}: rational division by zero`,
    ],
  }),
};
export const scene = `<!DOCTYPE html><html><head><style>body { margin: 0; overflow: hidden; }</style></head><body>
<script src="/threejs/three.min.js"></script><script>
var scene = new THREE.Scene();
var camera = new THREE.PerspectiveCamera(45, innerWidth / innerHeight, 0.1, 100);
camera.position.z = 4;
var renderer = new THREE.WebGLRenderer({ antialias: true, preserveDrawingBuffer: true });
renderer.setSize(innerWidth, innerHeight);
renderer.setClearColor(0xffffff, 1);
document.body.appendChild(renderer.domElement);
var box = new THREE.Mesh(new THREE.BoxGeometry(1, 1, 1), new THREE.MeshNormalMaterial());
box.rotation.set(0.5, 0.6, 0);
scene.add(box);
new THREE.OrbitControls(camera, renderer.domElement);
renderer.render(scene, camera);
</script></body></html>`;
