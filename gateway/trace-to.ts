/** Traces where somebody takes them; elsewhere OpenTelemetry is not even loaded; next: traces.ts. */
import type { GatewaySettings } from "#gateway/settings.ts";
import type { Traces } from "#gateway/traces.ts";

export const traceTo = async ({ tracesUrl, tracesRatio }: GatewaySettings): Promise<Traces | undefined> => {
  if (tracesUrl === undefined) return undefined;
  const { openTraces } = await import("#gateway/traces.ts");
  return openTraces({ url: tracesUrl, ratio: tracesRatio });
};
