// Prometheus' text format as far as the daemon uses it, and quantiles out of its histograms.

/** The samples of a document: a map from names to lists of `{labels, value}`. */
export function parseMetrics(text) {
  const samples = new Map();
  for (const line of text.split("\n")) {
    const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (!match) continue;
    const [, name, list, value] = match;
    const labels = {};
    for (const [, key, words] of (list ?? "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) labels[key] = words.replace(/\\(.)/g, "$1");
    if (!samples.has(name)) samples.set(name, []);
    samples.get(name).push({ labels, value: value === "+Inf" ? Infinity : Number(value) });
  }
  return samples;
}

/** The sum of a family's samples, or null if there are none. */
export function total(samples, name) {
  return samples.get(name)?.reduce((sum, { value }) => sum + value, 0) ?? null;
}

/** The histograms of a family: `{labels, count, sum, buckets}`, one per set of labels; buckets count from zero. */
export function histograms(samples, name) {
  const found = new Map();
  const entry = ({ le: _, ...labels }) => {
    const key = JSON.stringify(labels);
    if (!found.has(key)) found.set(key, { labels, count: 0, sum: 0, buckets: [] });
    return found.get(key);
  };
  for (const { labels, value } of samples.get(`${name}_bucket`) ?? []) {
    entry(labels).buckets.push({ limit: labels.le === "+Inf" ? Infinity : Number(labels.le), count: value });
  }
  for (const { labels, value } of samples.get(`${name}_sum`) ?? []) entry(labels).sum = value;
  for (const { labels, value } of samples.get(`${name}_count`) ?? []) entry(labels).count = value;
  return [...found.values()];
}

/** A quantile as Prometheus' `histogram_quantile` estimates it, within the bucket where it lies; null without values. */
export function quantile({ count, buckets }, share) {
  if (!count) return null;
  const rank = share * count;
  const sorted = [...buckets].sort((a, b) => a.limit - b.limit);
  let [below, start] = [0, 0];
  for (const { limit, count: upTo } of sorted) {
    if (upTo >= rank && upTo > below) {
      if (limit === Infinity) return start;
      return start + (limit - start) * ((rank - below) / (upTo - below));
    }
    [below, start] = [upTo, limit];
  }
  return start;
}
