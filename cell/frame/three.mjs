// three.js r122 with what Sage's scenes expect beside it, as the global THREE; built into threejs/three.min.js.
import * as core from "three/build/three.module.js";
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";
import { Line2 } from "three/examples/jsm/lines/Line2.js";
import { LineGeometry } from "three/examples/jsm/lines/LineGeometry.js";
import { LineMaterial } from "three/examples/jsm/lines/LineMaterial.js";
import { LineSegments2 } from "three/examples/jsm/lines/LineSegments2.js";
import { LineSegmentsGeometry } from "three/examples/jsm/lines/LineSegmentsGeometry.js";

globalThis.THREE = { ...core, OrbitControls, Line2, LineGeometry, LineMaterial, LineSegments2, LineSegmentsGeometry };
