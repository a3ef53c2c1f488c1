/** A value of an instrument as OTLP has it in JSON; numbers may come as text. */
interface Point {
  attributes?: { key: string; value: { stringValue?: string } }[];
  asInt?: number | string;
  asDouble?: number;
  count?: number | string;
  sum?: number;
  explicitBounds?: number[];
}

/** An instrument with its newest values. */
export interface Exported {
  description: string;
  unit: string;
  /** What kind it is of: the field of OTLP that holds its points. */
  kind: "sum" | "gauge" | "histogram";
  points: Point[];
}

/** The OTLP message that a metrics exporter posts, as far as it is read here. */
interface ExportRequest {
  resourceMetrics: {
    resource: { attributes: { key: string; value: { stringValue?: string } }[] };
    scopeMetrics: {
      scope: { name: string };
      metrics: (
        & { name: string; description: string; unit: string }
        & Partial<Record<Exported["kind"], { dataPoints: Point[] }>>
      )[];
    }[];
  }[];
}

/** Takes what an OpenTelemetry exporter sends by OTLP/HTTP in JSON, and keeps the newest of it. */
export class Receiver implements AsyncDisposable {
  /** Instruments of the scope, by name. */
  readonly instruments = new Map<string, Exported>();
  /** Name of the service that sends them. */
  service?: string;
  #scope: string;
  #server: Deno.HttpServer<Deno.NetAddr>;
  #arrived = Promise.withResolvers<void>();

  /** @param scope whose instruments are kept; the runtime sends its own too */
  constructor(scope: string) {
    this.#scope = scope;
    const options = { port: 0, hostname: "127.0.0.1", onListen: () => {} };
    this.#server = Deno.serve(options, async (request) => {
      const body = await request.json();
      if (new URL(request.url).pathname === "/v1/metrics") this.#take(body);
      return Response.json({});
    });
  }

  /** Where to send to. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** Resolves when the next export has come. */
  get arrived(): Promise<void> {
    return this.#arrived.promise;
  }

  /** The newest value of an instrument, of the point with this attribute if there are several. */
  value(name: string, key?: string, attribute?: string): number {
    const points = this.instruments.get(name)?.points ?? [];
    const point = key === undefined
      ? points[0]
      : points.find(({ attributes }) =>
        attributes?.some((each) => each.key === key && each.value.stringValue === attribute)
      );
    return Number(point?.asInt ?? point?.asDouble ?? point?.sum);
  }

  #take({ resourceMetrics }: ExportRequest) {
    for (const { resource, scopeMetrics } of resourceMetrics) {
      this.service = resource.attributes.find(({ key }) => key === "service.name")?.value
        .stringValue;
      const own = scopeMetrics.filter(({ scope }) => scope.name === this.#scope);
      for (const metric of own.flatMap(({ metrics }) => metrics)) {
        const { name, description, unit } = metric;
        const kind = (["sum", "gauge", "histogram"] as const).find((kind) => metric[kind]);
        if (!kind) continue;
        const points = metric[kind]!.dataPoints;
        this.instruments.set(name, { description, unit, kind, points });
      }
    }
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers();
  }

  async [Symbol.asyncDispose]() {
    await this.#server.shutdown();
  }
}
