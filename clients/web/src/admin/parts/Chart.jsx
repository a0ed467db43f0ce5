// A small chart of a minute or two: one line or more over the same seconds, the newest at the right. SVG, drawn by hand.
//
//   <Chart title="Turns" now="12/s" series={[{ name, points: [[seconds ago, value], …], hue: "accent" }]} span={60} format={perSecond} />

import { useId, useRef, useState } from "preact/hooks";

const WIDTH = 480;
const HEIGHT = 120;
const TOP = 8;
const BOTTOM = 18;

export function Chart({ title, now, series, span = 60, format, bars = false }) {
  const id = useId();
  const box = useRef();
  const [at, setAt] = useState(null);
  const top = niceTop(Math.max(...series.flatMap(({ points }) => points.map(([, value]) => value)), 0));
  const x = (ago) => WIDTH - (ago / span) * WIDTH;
  const y = (value) => TOP + (1 - value / top) * (HEIGHT - TOP - BOTTOM);
  const summary = series.map(({ name, points }) => `${name}: ${points.length ? format(points.at(-1)[1]) : "nothing"}`).join(", ");
  const hover = (event) => {
    const { left, width } = box.current.getBoundingClientRect();
    setAt(Math.min(span, Math.max(0, (1 - (event.clientX - left) / width) * span)));
  };
  const seen = at === null ? null : series.map((one) => ({ ...one, point: nearest(one.points, at) })).filter(({ point }) => point);
  return (
    <figure class="chart card" aria-labelledby={id}>
      <figcaption id={id}>
        <span>{title}</span>
        <b class="num">{now}</b>
      </figcaption>
      <svg ref={box} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={`${title}, the last ${span} seconds. Now ${summary}`} onPointerMove={hover} onPointerLeave={() => setAt(null)}>
        {[0, 0.5, 1].map((part) => <line key={part} class="grid" x1="0" x2={WIDTH} y1={y(top * part)} y2={y(top * part)} vector-effect="non-scaling-stroke" />)}
        {series.map(({ name, points, hue }) =>
          bars ? (
            <g key={name} class={`bars ${hue}`}>
              {points.map(([ago, value]) => <rect key={ago} x={x(ago + 0.5)} width={(WIDTH / span) * 0.72} y={y(value)} height={Math.max(0, y(0) - y(value))} />)}
            </g>
          ) : (
            <g key={name} class={`line ${hue}`}>
              {points.length > 1 && <path class="area" d={`M${x(points[0][0])},${y(0)}L${pathOf(points, x, y)}L${x(points.at(-1)[0])},${y(0)}Z`} />}
              <path class="stroke" d={`M${pathOf(points, x, y)}`} vector-effect="non-scaling-stroke" />
            </g>
          ),
        )}
        {seen?.length > 0 && <line class="cursor" x1={x(seen[0].point[0])} x2={x(seen[0].point[0])} y1={TOP} y2={y(0)} vector-effect="non-scaling-stroke" />}
      </svg>
      <div class="chart-foot" aria-hidden="true">
        {seen?.length > 0 ? (
          <>
            <span>{Math.round(seen[0].point[0])} s ago</span>
            <span class="num">{seen.map(({ name, point }) => (series.length > 1 ? `${name} ${format(point[1])}` : format(point[1]))).join(" · ")}</span>
          </>
        ) : (
          <>
            <span>{span} s ago</span>
            {series.length > 1 && <span class="keys">{series.map(({ name, hue }) => <i key={name} class={hue}>{name}</i>)}</span>}
            <span class="num">up to {format(top)}</span>
          </>
        )}
      </div>
    </figure>
  );
}

const pathOf = (points, x, y) => points.map(([ago, value]) => `${x(ago).toFixed(1)},${y(value).toFixed(1)}`).join("L") || "0,0";

const nearest = (points, at) => points.reduce((best, point) => (best && Math.abs(best[0] - at) <= Math.abs(point[0] - at) ? best : point), null);

function niceTop(value) {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].find((step) => step * power >= value) * power;
}
