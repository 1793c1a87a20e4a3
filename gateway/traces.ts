/**
 * Traces of computations, made of their records once the outcome is there: nothing is measured on the way; next: metrics.ts.
 *
 *     computation ─┬─ wait for a kernel
 *                  └─ kernel ─┬─ agent ── child
 *                             └─ to the outcome
 */
import { randomBytes } from "node:crypto";
import { type Context, ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, type IdGenerator, TracerProvider } from "@opentelemetry/sdk-trace";
import type { Entry } from "#gateway/book.ts";
import type { TraceMark } from "#protocol/computation.ts";
import type { TranscriptEnd } from "#protocol/messages.ts";

export type TracesOptions = {
  /** Where an OpenTelemetry collector takes OTLP over HTTP: `http://collector:4318/v1/traces`. */
  url: string;
  /** The part of the computations without a trace of their own that gets one, 0 to 1. */
  ratio: number;
};
export type Traces = {
  /** Of the W3C header `traceparent`, if there was one: whether and where this computation is traced. */
  begin: (traceparent: string | undefined) => TraceMark | undefined;
  /** `end`: what the agent said, where it could. */
  finished: (entry: Entry, end: Pick<TranscriptEnd, "times" | "usage"> | undefined) => void;
  /** Sends what is left. */
  stop: () => Promise<void>;
};

/** Spans that wait to be sent: beyond it they are dropped, and computations go on. */
const queueMax = 4_096;

export const openTraces = ({ url, ratio }: TracesOptions): Traces => {
  const ids = new Ids();
  const exporter = new OTLPTraceExporter({ url });
  const processor = new BatchSpanProcessor({ exporter, maxQueueSize: queueMax, scheduledDelayMillis: 1_000 });
  const resource = resourceFromAttributes({ "service.name": "sandcell" });
  const provider = new TracerProvider({ idGenerator: ids, spanProcessors: [processor], resource });
  const tracer = provider.getTracer("sandcell");
  type Times = { from: number; to: number; attributes?: Record<string, string | number> };
  const span = (name: string, { from, to, attributes = {} }: Times, parent: Context) => {
    const made = tracer.startSpan(name, { startTime: from, attributes }, parent);
    made.end(Math.max(from, to));
    return trace.setSpan(parent, made);
  };
  return {
    begin: (traceparent) => markOf(traceparent) ?? (Math.random() < ratio ? { id: ids.generateTraceId() } : undefined),
    finished: ({ id, request, assigned, outcome }, end) => {
      const { trace: mark, computation } = request;
      if (!mark || !outcome) return;
      ids.trace = mark.id;
      const { kind } = outcome.outcome;
      const attributes = { computation: id, language: computation.language, pool: request.pool, outcome: kind };
      const root = tracer.startSpan("computation", { kind: SpanKind.SERVER, startTime: request.at, attributes }, above(mark));
      if (kind === "lost" || kind === "rejected") root.setStatus({ code: SpanStatusCode.ERROR, message: kind });
      root.end(Math.max(request.at, outcome.at));
      const whole = trace.setSpan(ROOT_CONTEXT, root);
      span("wait for a kernel", { from: request.at, to: (assigned ?? outcome).at }, whole);
      if (!assigned) return;
      const kernel = span("kernel", { from: assigned.at, to: outcome.at, attributes: { kernel: assigned.kernel } }, whole);
      const { times, usage } = end ?? {};
      if (!times) return;
      const agent = span("agent", { from: times.acceptedAt, to: times.endedAt }, kernel);
      if (usage) {
        const used = { cpuMs: usage.cpuMs, memoryBytes: usage.memoryBytes };
        span("child", { from: times.toldAt, to: times.toldAt + usage.wallMs, attributes: used }, agent);
      }
      span("to the outcome", { from: times.endedAt, to: outcome.at }, kernel);
    },
    stop: () => provider.shutdown(),
  };
};

const header = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
/** Whoever asks with a trace of their own that is sampled gets ours in it. What is not understood is as if it were not there. */
const markOf = (traceparent: string | undefined): TraceMark | undefined => {
  const [, id = "", parent = "", flags = ""] = header.exec(traceparent ?? "") ?? [];
  if (/^0*$/.test(id) || /^0*$/.test(parent) || (Number.parseInt(flags, 16) & TraceFlags.SAMPLED) === 0) return undefined;
  return { id, parent };
};

const above = ({ id, parent }: TraceMark): Context =>
  parent === undefined
    ? ROOT_CONTEXT
    : trace.setSpanContext(ROOT_CONTEXT, { traceId: id, spanId: parent, traceFlags: TraceFlags.SAMPLED, isRemote: true });

/** A trace has the number that the record names, so that whichever gateway ends it, it is one trace. */
class Ids implements IdGenerator {
  trace: string | undefined;
  generateTraceId = (): string => {
    const id = this.trace ?? randomBytes(16).toString("hex");
    this.trace = undefined;
    return id;
  };
  generateSpanId = (): string => randomBytes(8).toString("hex");
}
