/** k6's own module, as far as the scripts use it; next: http.ts. */
export const sleep = (seconds: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, seconds * 1000);
};
