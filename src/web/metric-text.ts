/**
 * Figures in the text form that Prometheus reads: one HELP and TYPE for a name, then its samples. It counts nothing.
 */

export type MetricLabels = Readonly<Record<string, string>>;

/** A figure, or several that differ in their labels. */
export interface Metric {
  /** As Prometheus wants names: with the base unit at the end, and `_total` behind what only grows. */
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly samples: readonly (readonly [labels: MetricLabels, value: number])[];
}

export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Metrics without a sample are left out. */
export const metricsText = (metrics: readonly Metric[]): string =>
  metrics
    .filter(({ samples }) => samples.length > 0)
    .map(({ name, type, help, samples }) => {
      const lines = samples.map(([labels, value]) => `${name}${labelText(labels)} ${numberText(value)}\n`);
      return `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${type}\n${lines.join("")}`;
    })
    .join("");

const escaped = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");

function labelText(labels: MetricLabels): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${escaped(value).replaceAll('"', '\\"')}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

const numberText = (value: number): string =>
  Number.isFinite(value) ? String(value) : Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
