/** k6/execution, as far as the scripts use it: which user and which iteration this is; next: ../scenarios.ts. */
import type { Iteration } from "#loadtest/adapter/user.ts";

const execution = {
  vu: { idInTest: 0, iterationInInstance: 0 },
  scenario: { iterationInTest: 0 },
  instance: { currentTestRunDuration: 0 },
};
let startedAt = Date.now();
Object.defineProperty(execution.instance, "currentTestRunDuration", { get: () => Date.now() - startedAt });

export function beginIteration(iteration: Iteration, user: number): void {
  startedAt = iteration.startedAt;
  execution.vu.idInTest = user;
  execution.scenario.iterationInTest = iteration.iterationInTest;
}
export default execution;
