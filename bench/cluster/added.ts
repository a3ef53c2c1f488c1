import { table } from "../report.ts";
import { format, median } from "../statistics.ts";

/** Chats of two nodes, and the chat of one of the same server that keeps everything in its memory. */
const PAIRS = [
  ["parley-2", "parley-1", "Parley × 2"],
  ["socket.io-2", "socket.io-1", "Socket.IO × 2, adapter"],
  ["socket.io-2-streams", "socket.io-1", "Socket.IO × 2, streams"],
] as const;

/**
 * How much longer messages take with two nodes and a Redis than with one node alone, as a table.
 *
 * @param figures by workload and name, of each round
 */
export function added(figures: Map<string, Record<string, number>[]>): string | undefined {
  const of = (workload: string, chat: string, key: string) =>
    (figures.get(`${workload} ${chat}`) ?? []).map((round) => round[key]!);
  const rows = PAIRS.map(([two, one, title]) => [
    title,
    ...["D100", "D1000"].flatMap((workload) =>
      ["median", "p99"].map((key) => {
        const alone = of(workload, one, key);
        const more = of(workload, two, key).map((value, round) => value - alone[round]!);
        return format(median(more.filter(Number.isFinite)), 2);
      })
    ),
  ]);
  if (rows.every((row) => row.slice(1).every((cell) => cell === "–"))) return undefined;
  return [
    "# Added latency",
    "How many milliseconds longer messages take to two nodes by a Redis than with one node of the same " +
    "server alone, in the same round; the median of all rounds. All of it is on one core: where a chat " +
    "of one node has little of it left, two have none.",
    table(
      ["chat", "100/s, median", "100/s, p99", "1,000/s, median", "1,000/s, p99"],
      rows,
    ),
  ].join("\n\n");
}
