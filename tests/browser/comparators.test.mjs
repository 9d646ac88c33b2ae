// Every comparator must be able to fail.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PNG } from 'pngjs';
import { blockingTasks, changedShare, colourCount, consoleFaults, countOf, grouped, gzippedSize, seriousFindings, smallTargets, strayRequests } from './comparators.mjs';

/** A picture of 10 x 10 with `count` black pixels on white. */
function picture(count) {
  const png = new PNG({ width: 10, height: 10 });
  png.data.fill(255);
  for (let pixel = 0; pixel < count; pixel += 1) png.data.fill(0, 4 * pixel, 4 * pixel + 3);
  return PNG.sync.write(png);
}

test('a console with an error, a warning or an exception is not clean', () => {
  assert.deepEqual(consoleFaults([{ type: 'log', text: 'fine' }]), []);
  const bad = ['error', 'warning', 'pageerror'].map((type) => ({ type, text: 'x' }));
  assert.equal(consoleFaults(bad).length, 3);
});

test('a request to another host, port or scheme is stray', () => {
  const origin = 'http://localhost:8080/flowsketch/';
  assert.deepEqual(strayRequests(['http://localhost:8080/a', 'data:,x', 'blob:http://localhost:8080/1'], origin), []);
  assert.equal(strayRequests(['http://localhost:8081/a', 'https://localhost:8080/a', 'http://example.org/'], origin).length, 3);
});

test('pictures that differ are seen to differ, and equal ones to be equal', () => {
  assert.equal(changedShare(picture(5), picture(5)), 0);
  assert.equal(changedShare(picture(5), picture(30)), 0.25);
});

test('counts are written and read with commas', () => {
  assert.deepEqual([7, 999, 1000, 1234567].map(grouped), ['7', '999', '1,000', '1,234,567']);
  assert.deepEqual(['7', '1,000', '1,234,567'].map(countOf), [7, 1000, 1234567]);
});

test('a blank picture has one colour', () => {
  assert.equal(colourCount(picture(0)), 1);
  assert.equal(colourCount(picture(50)), 2);
});

test('what does not compress counts in full', () => {
  const noise = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * i * 7919) >> 3 & 255));
  assert.ok(gzippedSize([noise, noise]) > 2 * 300);
  assert.ok(gzippedSize([Buffer.alloc(5000)]) < 100);
});

test('a task that blocks the page is reported', () => {
  assert.deepEqual(blockingTasks([20, 1300, 99]), [1300]);
});

test('a small target is reported', () => {
  const boxes = [{ name: 'large', width: 44, height: 60 }, { name: 'flat', width: 90, height: 30 }, { name: 'thin', width: 20, height: 50 }];
  assert.deepEqual(smallTargets(boxes, 44).map((fault) => fault.split(':')[0]), ['flat', 'thin']);
});

test('a serious finding of axe is reported', () => {
  const found = ['minor', 'moderate', 'serious', 'critical'].map((impact) => ({ id: impact, help: 'h', impact, nodes: [{ target: ['a'] }] }));
  assert.equal(seriousFindings(found).length, 2);
});
