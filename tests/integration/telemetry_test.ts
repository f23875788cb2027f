/** OpenTelemetry: Deno sends what the commands measure, where its own variables say. */

import assert from "node:assert/strict";
import { Scratch } from "./harness.ts";

const PATIENCE_MS = 60_000;

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue: string };
}

interface DataPoint {
  readonly attributes: readonly Attribute[];
  readonly asDouble?: number;
  readonly asInt?: string | number;
}

interface SentMetric {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  readonly sum?: { readonly dataPoints: readonly DataPoint[]; readonly isMonotonic: boolean };
  readonly gauge?: { readonly dataPoints: readonly DataPoint[] };
}

interface ExportRequest {
  readonly resourceMetrics: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeMetrics: readonly {
      readonly scope: { readonly name: string; readonly version?: string };
      readonly metrics: readonly SentMetric[];
    }[];
  }[];
}

/** Takes OTLP over HTTP, in JSON. */
class Receiver implements AsyncDisposable {
  readonly paths = new Set<string>();
  /** What came last, by the name of the service. */
  readonly latest = new Map<string, ReadonlyMap<string, SentMetric>>();
  private readonly server: Deno.HttpServer<Deno.NetAddr>;
  private next = Promise.withResolvers<void>();

  constructor() {
    const hostname = "127.0.0.1";
    this.server = Deno.serve({ hostname, port: 0, onListen() {} }, async (request) => {
      const { pathname } = new URL(request.url);
      this.paths.add(pathname);
      const body = await request.json();
      if (pathname === "/v1/metrics") this.take(body);
      this.next.resolve();
      this.next = Promise.withResolvers();
      return Response.json({});
    });
  }

  /** What a process is started with, so that it sends here. */
  environment(service: string): Record<string, string> {
    return {
      OTEL_DENO: "true",
      OTEL_SERVICE_NAME: service,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${this.server.addr.port}`,
      OTEL_METRIC_EXPORT_INTERVAL: "200",
    };
  }

  /** Resolved when something holds of what has come. */
  async until(what: string, holds: () => boolean): Promise<void> {
    const patience = AbortSignal.timeout(PATIENCE_MS);
    patience.onabort = () => this.next.reject(new Error(`${what} never came`));
    while (!holds()) await this.next.promise;
    patience.onabort = null;
  }

  /** The value of a metric, as it came last. */
  value(service: string, name: string, labels: Readonly<Record<string, string>> = {}) {
    const metric = this.latest.get(service)?.get(name);
    const point = (metric?.sum ?? metric?.gauge)?.dataPoints.find(({ attributes }) => {
      const found = Object.fromEntries(
        attributes.map(({ key, value }) => [key, value.stringValue]),
      );
      return Object.entries(labels).every(([key, value]) => found[key] === value);
    });
    const value = point?.asDouble ?? point?.asInt;
    return value === undefined ? undefined : Number(value);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.shutdown();
  }

  private take({ resourceMetrics }: ExportRequest): void {
    for (const { resource, scopeMetrics } of resourceMetrics) {
      const service = resource.attributes.find(({ key }) => key === "service.name");
      for (const { scope, metrics } of scopeMetrics) {
        if (scope.name !== "rserpool") continue;
        const all = new Map(metrics.map((metric) => [metric.name, metric]));
        this.latest.set(service!.value.stringValue, all);
      }
    }
  }
}

Deno.test("with OTEL_DENO=true Deno sends what a registrar and an element measure", async () => {
  await using receiver = new Receiver();
  await using scratch = await Scratch.make();
  const addresses = ["--asap", "127.0.0.1:0", "--enrp", "127.0.0.1:0"];
  const registrar = scratch.serve("registrar", addresses, { env: receiver.environment("one") });
  const { asap: [asap] } = await registrar.ready();
  const element = ["web", "--port", "9", "--check", "none", "-r", asap!];
  await scratch.serve("register", element, { env: receiver.environment("two") }).ready();
  const { code } = await scratch.run(["resolve", "web", "-r", asap!]);
  assert.equal(code, 0);

  await receiver.until("the resolution in what the registrar sends", () => {
    return receiver.value("one", "rserpool_resolutions_total", { kind: "once" }) === 1;
  });
  assert.equal(receiver.value("one", "rserpool_registrations_total", { kind: "new" }), 1);
  assert.equal(receiver.value("one", "rserpool_pool_size", { pool: "web" }), 1);
  const duration = "rserpool_request_duration_seconds";
  const kind = { request: "resolution" };
  assert.equal(receiver.value("one", `${duration}_bucket`, { ...kind, le: "+Inf" }), 1);
  assert.equal(receiver.value("one", `${duration}_count`, kind), 1);
  assert(receiver.value("one", `${duration}_sum`, kind)! > 0);
  assert.equal(receiver.value("one", "rserpool_events_total", { event: "serving" }), 1);
  const metrics = receiver.latest.get("one")!;
  assert.equal(metrics.get("rserpool_received_bytes_total")!.unit, "By");
  assert.equal(metrics.get("rserpool_registrations_total")!.sum!.isMonotonic, true);
  assert.match(metrics.get("rserpool_peers")!.description, /Other registrars/);

  await receiver.until("the registration in what the element sends", () => {
    return receiver.value("two", "rserpool_register_state", { state: "registered" }) === 1;
  });
  // Both are killed: at an exit Deno waits until all is sent, and once it waited for ever.
});
