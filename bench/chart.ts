import type { Measurement } from "./measure.ts";
import { rateOf } from "./plan.ts";
import { spreadOf } from "./statistics.ts";

const width = 900;
const labelWidth = 250;
const barWidth = 480;
const lineHeight = 24;
const titleHeight = 46;

/** Rates as bars, a panel and a scale for each workload. The thin line goes from the lowest to the highest round. */
export function renderChart(measurements: readonly Measurement[]): string {
  const workloads = [...new Set(measurements.map(({ workload }) => workload))];
  let y = 0;
  const panels = workloads.map((workload) => {
    const own = measurements.filter((one) => one.workload === workload && one.rounds.length > 0);
    const panel = renderPanel(workload.name, own, y);
    y += titleHeight + own.length * lineHeight;
    return panel;
  });
  const height = y + 16;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="13">
<rect width="${width}" height="${height}" fill="#fff"/>
${panels.join("\n")}
</svg>
`;
}

function renderPanel(title: string, measurements: readonly Measurement[], top: number): string {
  const rows = measurements.map(({ contender, workload, rounds }) => ({
    contender,
    rate: spreadOf(rounds.map((round) => rateOf(workload, round))),
  }));
  const scale = barWidth / Math.max(...rows.map(({ rate }) => rate.highest));
  const bars = rows.map(({ contender, rate }, index) => {
    const y = top + titleHeight + index * lineHeight;
    const middle = y + lineHeight / 2 - 4;
    const from = labelWidth + rate.lowest * scale;
    const to = labelWidth + rate.highest * scale;
    const fill = contender.startsWith("Bourse") ? "#1a6fb5" : "#b8bec6";
    return [
      `<text x="${labelWidth - 8}" y="${middle + 4}" text-anchor="end">${escaped(contender)}</text>`,
      `<rect x="${labelWidth}" y="${y}" width="${(rate.median * scale).toFixed(1)}" height="${lineHeight - 8}" fill="${fill}"/>`,
      `<path d="M${from.toFixed(1)} ${middle}H${to.toFixed(1)}" stroke="#333"/>`,
      `<text x="${(to + 8).toFixed(1)}" y="${middle + 4}">${Math.round(rate.median).toLocaleString("en")}/s</text>`,
    ].join("");
  });
  return [`<text x="8" y="${top + 32}" font-weight="bold">${escaped(title)}</text>`, ...bars].join("\n");
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
