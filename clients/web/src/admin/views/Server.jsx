// The process: what it does now, since it started, and on the disk. Rates are the differences of what it counts.

import { Power } from "lucide";
import { useRef } from "preact/hooks";
import { Icon } from "../../kit/Icon.jsx";
import { sizeOf } from "../../kit/words.js";
import { drain } from "../acts.jsx";
import { count, lasting, perSecond, spell } from "../numbers.js";
import { itIs } from "../parts/Ago.jsx";
import { Chart } from "../parts/Chart.jsx";
import { Facts, Head, Loading, Problem } from "../parts/Page.jsx";
import { TableBox } from "../parts/TableBox.jsx";
import { usePolled } from "../polling.js";
import { ask } from "../session.js";

const SPAN_SECONDS = 120;
const DISK_SECONDS = 10;

export function Server() {
  const seen = useRef([]);
  const { data: server, error, again } = usePolled(
    async (abort) => {
      const now = await ask("GET", "/server", undefined, { signal: abort });
      itIs(now.now_ms);
      seen.current = [...seen.current.filter((one) => now.now_ms - one.now_ms <= SPAN_SECONDS * 1000 && one.started_ms === now.started_ms), now];
      return now;
    },
    1,
    [],
  );
  const { data: disk } = usePolled((abort) => ask("GET", "/disk", undefined, { signal: abort }), DISK_SECONDS, []);
  return (
    <>
      <Head title="Server" lead={server && <>Version {server.version} · up {spell((server.now_ms - server.started_ms) / 1000)} · {server.stage} · carrier {server.carrier}</>}>
        <button type="button" class="button plain small is-danger" disabled={server?.stage !== "serving"} onClick={() => drain(again)}><Icon of={Power} size={16} /> Stop</button>
      </Head>
      {error && <Problem error={error} again={again} />}
      {!server && !error && <Loading />}
      {server && <Figures server={server} seen={seen.current} />}
      {disk && <Disk disk={disk} server={server} />}
      {server && <Tallies server={server} />}
    </>
  );
}

function Figures({ server, seen }) {
  const turns = rates(seen, turnsOf);
  const received = rates(seen, (one) => one.messages_received);
  const sent = rates(seen, (one) => one.messages_sent);
  const sockets = seen.map((one) => [(server.now_ms - one.now_ms) / 1000, one.connections]);
  const cpu = rates(seen, (one) => one.cpu_seconds);
  const percent = (value) => `${Math.round(value * 100)} %`;
  return (
    <>
      <Facts
        class="standing"
        of={[
          ["Awake", count(server.rooms.awake)],
          ["Hibernating", count(server.rooms.hibernating)],
          ["Quarantined", count(server.rooms.quarantined)],
          ["Sockets", count(server.connections)],
          ["Memory", server.memory_bytes ? sizeOf(server.memory_bytes) : "–"],
          ["Descriptors", count(server.descriptors)],
        ]}
      />
      <section class="charts" aria-label="Live figures">
        <Chart title="Turns" now={last(turns, perSecond)} series={[{ name: "turns", hue: "hue-a", points: turns }]} span={SPAN_SECONDS} format={perSecond} />
        <Chart title="Messages" now={`in ${last(received, perSecond)} · out ${last(sent, perSecond)}`} series={[{ name: "out", hue: "hue-b", points: sent }, { name: "in", hue: "hue-a", points: received }]} span={SPAN_SECONDS} format={perSecond} />
        <Chart title="Sockets" now={count(server.connections)} series={[{ name: "sockets", hue: "hue-a", points: sockets }]} span={SPAN_SECONDS} format={count} />
        <Chart title="Processor" now={last(cpu, percent)} series={[{ name: "of one core", hue: "hue-a", points: cpu }]} span={SPAN_SECONDS} format={percent} />
      </section>
      <section class="part">
        <h2>How long things take <span class="faint">since the start</span></h2>
        <TableBox label="How long things take">
          <thead><tr><th scope="col">What</th><th scope="col" class="end">Half are below</th><th scope="col" class="end wide-only">90 %</th><th scope="col" class="end">99 %</th><th scope="col" class="end">How often</th></tr></thead>
          <tbody>
            <Lasting what="A turn" of={server.turn_seconds} />
            <Lasting what="From its end until it is durable" of={server.commit_seconds} />
          </tbody>
        </TableBox>
      </section>
    </>
  );
}

const Lasting = ({ what, of }) => (
  <tr>
    <th scope="row">{what}</th>
    <td class="end num">{lasting(of.p50)}</td>
    <td class="end num wide-only">{lasting(of.p90)}</td>
    <td class="end num">{lasting(of.p99)}</td>
    <td class="end num">{count(of.count)}</td>
  </tr>
);

function Disk({ disk, server }) {
  const used = 1 - disk.free_bytes / disk.total_bytes;
  return (
    <section class="part">
      <h2>Journal and disk</h2>
      <div class="disk card">
        <div class="disk-line">
          <span>{sizeOf(disk.free_bytes)} free of {sizeOf(disk.total_bytes)}</span>
          <code class="faint cut" title={disk.folder}>{disk.folder}</code>
        </div>
        <div class={`progress ${used > 0.9 ? "bad" : ""}`} role="meter" aria-label="Of the disk is used" aria-valuemin="0" aria-valuemax="100" aria-valuenow={Math.round(used * 100)}><i style={{ width: `${used * 100}%` }} /></div>
        <Facts
          of={[
            ["Rooms' files", `${count(disk.rooms)}${disk.complete ? "" : " or more"}, ${sizeOf(disk.rooms_bytes)}`],
            ["Journal", `${sizeOf(disk.journal_bytes)} in ${count(disk.journal.length)} ${disk.journal.length === 1 ? "segment" : "segments"}`],
            ["Index of rooms", sizeOf(disk.host_bytes)],
            ["Durability", disk.durability],
            ["Records", server && count(server.journal_records)],
            ["Syncs", server && `${count(server.journal_syncs)}${server.journal_syncs ? `, ${(server.journal_records / server.journal_syncs).toFixed(1)} records each` : ""}`],
          ]}
        />
      </div>
    </section>
  );
}

function Tallies({ server }) {
  const turns = Object.entries(server.turns).map(([kind, results]) => [kind, results.returned ?? 0, Object.entries(results).reduce((sum, [result, n]) => (result === "returned" ? sum : sum + n), 0)]);
  return (
    <div class="tallies">
      <Tally title="Turns by kind" head={["Kind", "Returned", "Failed"]} rows={turns} />
      <Tally title="Refusals" head={["Code", "Times"]} rows={Object.entries(server.refusals)} />
      <Tally title="Sockets that ended" head={["Close code", "Times"]} rows={Object.entries(server.closes)} />
    </div>
  );
}

const Tally = ({ title, head, rows }) => (
  <section class="part">
    <h2>{title}</h2>
    {rows.length ? (
      <TableBox label={title}>
        <thead><tr>{head.map((each, index) => <th key={each} scope="col" class={index ? "end" : ""}>{each}</th>)}</tr></thead>
        <tbody>
          {rows.map(([name, ...values]) => (
            <tr key={name}><th scope="row">{name}</th>{values.map((value, index) => <td key={index} class={`end num ${index && value ? "problem" : ""}`}>{count(value)}</td>)}</tr>
          ))}
        </tbody>
      </TableBox>
    ) : (
      <p class="faint">None yet</p>
    )}
  </section>
);

const turnsOf = (server) => Object.values(server.turns).reduce((sum, results) => sum + Object.values(results).reduce((a, b) => a + b, 0), 0);

// What is counted, as a rate between one look and the next: [[seconds ago, per second], …].
function rates(seen, value) {
  const end = seen.at(-1)?.now_ms;
  return seen.slice(1).map((one, index) => [(end - one.now_ms) / 1000, Math.max(0, value(one) - value(seen[index])) / Math.max(0.001, (one.now_ms - seen[index].now_ms) / 1000)]);
}

const last = (points, format) => (points.length ? format(points.at(-1)[1]) : "–");
