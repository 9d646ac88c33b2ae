// The checks of the tests: pure functions that return a list of faults. Each has a negative control in
// comparators.test.mjs.
import { gzipSync } from 'node:zlib';
import { PNG } from 'pngjs';

/** A count as the page writes it, with a comma every three digits; and the number of such a text. */
export const grouped = (count) => count.toLocaleString('en-US');
export const countOf = (text) => Number(text.replaceAll(',', ''));

/** Errors, warnings and exceptions of a console; `entries` are { type, text }. */
export function consoleFaults(entries) {
  return entries.filter(({ type }) => ['error', 'warning', 'pageerror'].includes(type)).map(({ type, text }) => `${type}: ${text}`);
}

/** Requests that left the origin of the page; data and blob addresses do not leave it. */
export function strayRequests(urls, origin) {
  return urls.filter((url) => !/^(data|blob):/.test(url) && new URL(url).origin !== new URL(origin).origin);
}

/** The share of pixels of two pictures (PNG files) that differ by more than 24 of 255 in some channel. */
export function changedShare(before, after) {
  const [a, b] = [before, after].map((file) => PNG.sync.read(file));
  if (a.width !== b.width || a.height !== b.height) return 1;
  let changed = 0;
  for (let i = 0; i < a.data.length; i += 4) {
    const differs = [0, 1, 2].some((c) => Math.abs(a.data[i + c] - b.data[i + c]) > 24);
    if (differs) changed += 1;
  }
  return changed / (a.width * a.height);
}

/** Number of colours (16 levels a channel) that each cover at least a thousandth of a picture: a blank one has one. */
export function colourCount(file) {
  const { width, height, data } = PNG.sync.read(file);
  const counts = new Map();
  for (let i = 0; i < data.length; i += 4) {
    const colour = (data[i] >> 4) * 256 + (data[i + 1] >> 4) * 16 + (data[i + 2] >> 4);
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  return [...counts.values()].filter((count) => count * 1000 >= width * height).length;
}

/** Bytes of all bodies, each compressed by gzip as a host would. */
export function gzippedSize(bodies) {
  return bodies.reduce((sum, body) => sum + gzipSync(body, { level: 9 }).length, 0);
}

/**
 * Tasks (milliseconds of processor time) so long that they block the page on any machine: a solve, a compilation or
 * reading a file on the main thread takes seconds. The durations themselves are measured by benchmarks, not by tests.
 */
export function blockingTasks(durations) {
  return durations.filter((duration) => duration > 500);
}

/** Controls with a width or height below `least` pixels; `boxes` are { name, width, height }. */
export function smallTargets(boxes, least) {
  return boxes.filter(({ width, height }) => Math.min(width, height) < least - 0.5).map(({ name, width, height }) => `${name}: ${width} x ${height}`);
}

/** The serious findings of axe. */
export function seriousFindings(violations) {
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => `${id}: ${help} (${nodes.map((node) => node.target).join(', ')})`);
}
