// The last minute of a room: its turns by second, and how long they took. Looking is what starts the measuring.

import { lasting, perSecond } from "../numbers.js";
import { Chart } from "../parts/Chart.jsx";
import { itIs } from "../parts/Ago.jsx";
import { usePolled } from "../polling.js";
import { roomPath } from "../route.js";
import { ask } from "../session.js";

const SPAN_SECONDS = 60;
const NOW_SECONDS = 5; // what "now" is the mean of

export function Live({ kind, name }) {
  const { data } = usePolled(
    async (abort) => {
      const figures = await ask("GET", `${roomPath(kind, name)}/figures`, undefined, { signal: abort });
      itIs(figures.now_ms);
      return figures;
    },
    1,
    [],
  );
  const seconds = (data?.seconds ?? []).map((second) => ({ ...second, ago: (data.now_ms - second.at_ms) / 1000 })).filter(({ ago }) => ago <= SPAN_SECONDS);
  const recent = seconds.filter(({ ago }) => ago <= NOW_SECONDS + 1);
  const turns = recent.reduce((sum, second) => sum + second.turns, 0) / NOW_SECONDS;
  const last = recent.at(-1);
  return (
    <section class="charts" aria-label="Live figures">
      <Chart title="Turns" now={perSecond(turns)} series={[{ name: "turns", hue: "hue-a", points: seconds.map(({ ago, turns }) => [ago, turns]) }]} span={SPAN_SECONDS} format={perSecond} bars />
      <Chart
        title="Duration of a turn"
        now={last ? `p50 ${lasting(last.p50_seconds)} · p99 ${lasting(last.p99_seconds)}` : "–"}
        series={[
          { name: "p99", hue: "hue-b", points: seconds.map(({ ago, p99_seconds: p99 }) => [ago, p99]) },
          { name: "p50", hue: "hue-a", points: seconds.map(({ ago, p50_seconds: p50 }) => [ago, p50]) },
        ]}
        span={SPAN_SECONDS}
        format={lasting}
      />
    </section>
  );
}
