/** What OpenTelemetry is told of a server that runs as `deno task start` runs it. */
import { assert, assertEquals, assertGreater } from "@std/assert";
import { parseMetrics } from "./metrics/exposition.ts";
import { Program } from "./program.ts";
import { programs, v1 } from "./support.ts";
import { Receiver } from "./telemetry/receiver.ts";

Deno.test(
  "with OTEL_DENO=true OpenTelemetry gets the instruments and their values",
  programs,
  async () => {
    await using receiver = new Receiver("parley");
    await using server = await Program.start([], {
      OTEL_DENO: "true",
      OTEL_SERVICE_NAME: "parley",
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_METRIC_EXPORT_INTERVAL: "250",
    });
    await using ann = await v1(server.host, { username: "ann" });
    ann.say("one");
    ann.say("two");
    ann.socket.send("no json");
    await ann.find("error");

    const value = (name: string, key?: string, attribute?: string) =>
      receiver.value(`parley.${name}`, key, attribute);
    const complete = () => {
      const looked = value("event_loop_delay") >= 0;
      return looked && value("rejected", "code", "bad_json") === 1 && value("deliveries") === 3;
    };
    while (!complete()) await receiver.arrived;
    assertEquals(receiver.service, "parley");
    assertEquals(
      ["connections", "max_connections", "users", "rooms", "messages", "deliveries", "evictions"]
        .map((name) => value(name)),
      // Delivered are ann's arrival and her two messages.
      [1, 10_000, 1, 1, 2, 3, 0],
    );
    assertEquals(value("commands", "type", "chat"), 2);
    assertEquals(value("rejected", "code", "empty"), 0);
    assertEquals(value("http_responses", "status", "101"), 1);
    assertGreater(value("log", "in", "rooms"), 100);
    assertEquals(value("log", "in", "inboxes"), 0);

    const { kind, unit, description, points: [batches] } = receiver.instruments.get(
      "parley.batch_messages",
    )!;
    assertEquals([kind, unit, description], [
      "histogram",
      "",
      "Messages a reader was handed at once",
    ]);
    assertEquals(batches!.explicitBounds, [1, 2, 5, 10, 20, 50, 100, 200, 500]);
    assertEquals(batches!.sum, 3);
    const units = ["log", "memory", "event_loop_delay"].map((name) =>
      receiver.instruments.get(`parley.${name}`)!.unit
    );
    assertEquals(units, ["By", "By", "s"]);

    // They are those of /metrics, whose names end in their unit and kind as well.
    const families = parseMetrics(await (await fetch(`http://${server.host}/metrics`)).text());
    const names = [...receiver.instruments.keys()].map((name) => name.replace(".", "_"));
    const measured = families.filter(({ name }) => name !== "parley_engine_delay_seconds");
    assertEquals(names.length, measured.length);
    for (const { name } of measured) assert(names.some((start) => name.startsWith(start)), name);
  },
);
