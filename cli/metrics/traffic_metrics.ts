/** Metrics of associations: what has gone over the sockets of a registrar, element or user. */

import type { Traffic } from "../api.ts";
import { counter, gauge, type Row, row } from "./metric.ts";

/** Messages, bytes and connections. */
export const TRAFFIC_ROWS: readonly Row<Traffic>[] = [
  row(
    counter("rserpool_messages_received_total", "Messages that came, by type.", ["type"]),
    ({ messagesReceived }) => messagesReceived,
  ),
  row(
    counter("rserpool_messages_sent_total", "Messages that were sent, by type.", ["type"]),
    ({ messagesSent }) => messagesSent,
  ),
  row(
    counter("rserpool_received_bytes_total", "Bytes of associations that came.", ["protocol"]),
    ({ bytesReceived }) => Object.entries(bytesReceived),
  ),
  row(
    counter("rserpool_sent_bytes_total", "Bytes of associations that were sent.", ["protocol"]),
    ({ bytesSent }) => Object.entries(bytesSent),
  ),
  row(
    counter("rserpool_undecodable_total", "Times that what came was no message.", ["protocol"]),
    ({ undecodable }) => Object.entries(undecodable),
  ),
  row(
    gauge("rserpool_associations", "Associations that are open."),
    ({ associations }) => associations,
  ),
  row(
    gauge("rserpool_queued_bytes", "Bytes that wait for readers, of all associations."),
    ({ queuedBytes }) => queuedBytes,
  ),
  row(
    gauge("rserpool_queued_bytes_max", "Bytes that wait for the slowest reader."),
    ({ maxQueuedBytes }) => maxQueuedBytes,
  ),
  row(
    counter("rserpool_dials_total", "Connections that were dialled, by how that ended.", [
      "protocol",
      "result",
    ]),
    ({ dials }) => dials.map(({ kind, result, count }) => [[kind, result], count]),
  ),
  row(
    counter("rserpool_connections_accepted_total", "Connections that were accepted.", [
      "protocol",
      "security",
    ]),
    ({ connectionsAccepted }) =>
      connectionsAccepted.map(({ kind, result, count }) => [[kind, result], count]),
  ),
  row(
    counter(
      "rserpool_connections_refused_total",
      "Connections that were turned away: address (too fast, or too many of one address), " +
        "full (too many in all), security (what they have proved is not trusted any more).",
      ["reason"],
    ),
    ({ connectionsRefused }) =>
      (["address", "full", "security"] as const).map((reason) => {
        return [reason, connectionsRefused.get(reason) ?? 0];
      }),
  ),
  row(
    counter(
      "rserpool_handshakes_total",
      "TLS handshakes of those who came, by how they ended.",
      ["security", "result"],
    ),
    handshakes,
  ),
];

function* handshakes(
  { connectionsAccepted, handshakesFailed }: Traffic,
): Generator<readonly [readonly string[], number]> {
  const done = new Map<string, number>();
  for (const { result, count } of connectionsAccepted) {
    if (result !== "none") done.set(result, (done.get(result) ?? 0) + count);
  }
  for (const security of ["certificate", "psk"] as const) {
    yield [[security, "succeeded"], done.get(security) ?? 0];
    yield [[security, "failed"], handshakesFailed.get(security) ?? 0];
  }
}
