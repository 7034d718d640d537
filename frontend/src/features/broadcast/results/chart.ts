/** Outcomes over time as stacked bars, in units of one span wide and the fullest span high. */

import type { Bucket } from "$lib/api/types";

export const SERIES = ["sent", "unknown", "failed", "skipped"] as const;
export type Series = (typeof SERIES)[number];

export interface Bar {
  series: Series;
  x: number;
  y: number;
  height: number;
}

export interface Chart {
  /** Spans from the first to the last, those in which nothing happened too. */
  width: number;
  /** What the fullest span counts. */
  most: number;
  bars: Bar[];
}

export function chartOf(buckets: Bucket[], bucketSeconds: number): Chart {
  const start = buckets.length > 0 ? Date.parse(buckets[0]!.at) : 0;
  const place = ({ at }: Bucket) => Math.round((Date.parse(at) - start) / 1000 / bucketSeconds);
  const last = buckets.at(-1);
  return {
    width: last ? place(last) + 1 : 0,
    most: Math.max(0, ...buckets.map(sum)),
    bars: buckets.flatMap((bucket) => stack(bucket, place(bucket))),
  };
}

/** From the bottom up, `y` counts from the bottom. */
function stack(bucket: Bucket, x: number): Bar[] {
  let y = 0;
  return SERIES.filter((series) => bucket[series] > 0).map((series) => {
    const bar = { series, x, y, height: bucket[series] };
    y += bar.height;
    return bar;
  });
}

function sum(bucket: Bucket): number {
  return SERIES.reduce((total, series) => total + bucket[series], 0);
}
