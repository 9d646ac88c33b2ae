// Inspection on the map: the probe, the coupling of a pressed point, particles; by mouse, touch and keyboard.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { blockingTasks, changedShare, consoleFaults, seriousFindings, smallTargets, strayRequests } from './comparators.mjs';
import { atRest, eventually, keepDevices, traceTasks } from './visit.mjs';
import { shot, visits } from './visits.mjs';

const open = visits({ query: '?backend=cpu&preset=gaussian' });
const NARROW = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };

/** Waits until the panels are loaded, the flow is stopped at `t`, and training has stopped. */
async function rest(the, t, train = 0) {
  await the.still();
  await the.page.waitForSelector('#over');
  if (train) await the.until('step', '>', train);
  await the.pause();
  await the.until('gap', '>', -1);
  await the.slider('Time t').fill(String(t));
  await the.page.evaluate(() => document.activeElement.blur());
}

/** The position of a point of the plane in the window. */
async function place(the, [x, y]) {
  const map = the.page.locator('#over');
  await map.scrollIntoViewIfNeeded();
  const box = await map.boundingBox();
  return [box.x + box.width * (0.5 + x / 8), box.y + box.height * (0.5 - y / 8)];
}

const numbers = (text) => [...text.replaceAll('−', '-').matchAll(/-?\d+(?:\.\d+)?/g)].map(Number);

/** The numbers of a row of the reading, once it is for this point to a pixel or two: [ρ, log ρ, v_x, v_y, φ, ψ]. */
async function reading(the, point, row) {
  await eventually(`the probe says nothing of ${point}`, async () => {
    const of = numbers(await the.page.locator('#reading-point').textContent());
    return of.length === 2 && of.every((c, k) => Math.abs(c - point[k]) < 0.05) && (await the.page.locator(row).isVisible());
  });
  const cells = await the.page.locator(`${row} td`).allTextContents();
  return cells.flatMap(numbers);
}

// The bridge from N(m, S) to N(0, I): Σ_t = (1−t)² S + t² I + 2t(1−t) (S + ε²/4 I)^½, in the eigenvectors of S.
const EPSILON = 0.2;
const MEAN = [1.2, -0.7];
const [XX, XY, YY] = [0.9, 0.55, 0.5];
const ANGLE = 0.5 * Math.atan2(2 * XY, XX - YY);
const AXES = [1, -1].map((sign) => ({
  variance: (XX + YY) / 2 + sign * Math.hypot((XX - YY) / 2, XY),
  direction: sign > 0 ? [Math.cos(ANGLE), Math.sin(ANGLE)] : [-Math.sin(ANGLE), Math.cos(ANGLE)],
}));
const root = (s) => Math.sqrt(s + EPSILON ** 2 / 4);
const along = (x, [a, b]) => x[0] * a + x[1] * b;
const add = (vectors) => [0, 1].map((k) => vectors.reduce((sum, v) => sum + v[k], 0));
function bridge(t, x) {
  const parts = AXES.map(({ variance: s, direction }) => {
    const sigma = (1 - t) ** 2 * s + t ** 2 + 2 * t * (1 - t) * root(s);
    const rate = -2 * (1 - t) * s + 2 * t + 2 * (1 - 2 * t) * root(s);
    const m = along(MEAN, direction);
    const z = along(x, direction) - (1 - t) * m;
    return { log: -0.5 * (z * z / sigma + Math.log(2 * Math.PI * sigma)), v: direction.map((c) => c * (0.5 * rate / sigma * z - m)) };
  });
  return { log: parts[0].log + parts[1].log, v: add(parts.map(({ v }) => v)) };
}
/** E[X_t | X_0 = x] = (1−t) x + t C S⁻¹ (x − m), and E[X_t | X_1 = y] = t y + (1−t) (m + C y), C = (S + ε²/4 I)^½ − ε/2 I. */
function barycentre(given, t, x) {
  return add(AXES.map(({ variance: s, direction }) => {
    const c = root(s) - EPSILON / 2;
    const [z, m] = [along(x, direction), along(MEAN, direction)];
    const there = given === 'source' ? (1 - t) * z + t * c / s * (z - m) : t * z + (1 - t) * (m + c * z);
    return direction.map((d) => d * there);
  }));
}

for (const backend of ['cpu', 'gpu']) {
  test(`the probe reads the flow under the pointer, learned beside exact (${backend})`, async (t) => {
    const the = await open(t, { query: `?backend=${backend}&preset=gaussian` });
    await rest(the, 0.5, backend === 'cpu' ? 20 : 4);
    const statusHeight = (await the.status.boundingBox()).height;
    for (const point of [[0.6, 0.5], [-0.4, 0.1]]) {
      await the.page.mouse.move(...await place(the, point));
      // A pixel is 0.016 wide.
      const exact = await reading(the, point, '#reading-exact');
      const at = numbers(await the.page.locator('#reading-point').textContent());
      const { log, v } = bridge(0.5, at);
      assert.ok(Math.abs(exact[1] - log) < 0.04 && Math.abs(exact[0] - Math.exp(log)) < 0.02, `${exact} against ${log}`);
      assert.ok(Math.abs(exact[2] - v[0]) < 0.02 && Math.abs(exact[3] - v[1]) < 0.02, `${exact} against ${v}`);
      assert.ok(Math.abs(exact[4] + exact[5] - EPSILON * exact[1]) < 0.003, 'φ + ψ is not ε log ρ');
      const learned = await reading(the, point, '#reading-shown');
      assert.ok(learned.every((value, k) => Math.abs(value - exact[k]) < 0.2), `${learned} beside ${exact}`);
    }
    // The reading replaces the status line, which stays in the document for screen readers.
    const grown = (await the.page.locator('#reading').boundingBox()).height - statusHeight;
    assert.ok(Math.abs(grown) < 1, `the page moves by ${grown}`);
    assert.match(await the.status.textContent(), /t = 0.5/);
    await shot(the, `probe-${backend}`);
    await the.button('Exact').click();
    await the.page.mouse.move(...await place(the, [0.6, 0.5]));
    await eventually('there are two rows of the exact flow', async () =>
      (await the.page.locator('#reading-shown th').textContent()) === 'exact' && (await the.page.locator('#reading-exact').isHidden()));
    await the.page.mouse.move(5, 5);
    await the.page.locator('#reading').waitFor({ state: 'hidden' });
    assert.deepEqual(consoleFaults(the.log), []);
    assert.deepEqual(strayRequests(the.requests, the.origin), []);
  });
}

test('a pressed point shows where its mass is, goes and came from', async (t) => {
  const the = await open(t);
  await rest(the, 0.5, 20);
  await the.button('Exact').click();
  const map = the.page.locator('#over');
  const before = await map.screenshot();
  const point = [0.8, 0.7];
  const says = async (given, time) => {
    const end = { source: 'X₀', target: 'X₁' }[given];
    await the.page.waitForFunction(([end, time]) => {
      const text = document.querySelector('#coupling').textContent;
      return text.startsWith(`Given ${end}`) && text.includes(`at t = ${time}: exact`);
    }, [end, time]);
    const text = await the.page.locator('#coupling').textContent();
    const [x, y] = numbers(text.replace(/^Given X./, ''));
    const found = (await the.page.locator('#coupling').getAttribute('data-barycentre')).split(',').map(Number);
    const expected = barycentre(given, time, [x, y]);
    assert.ok(Math.hypot(found[0] - expected[0], found[1] - expected[1]) < 0.02, `${text}: ${found} against ${expected}`);
    return text;
  };
  await the.page.mouse.click(...await place(the, point));
  await says('source', 0.5);
  await the.page.mouse.move(5, 5);
  await eventually('the coupling is not drawn', async () => changedShare(before, await map.screenshot()) > 0.002);
  await shot(the, 'coupling');
  // The coupling follows t, to where the mass goes; for a point of the Normal, to where it came from.
  await the.slider('Time t').fill('1');
  await says('source', 1);
  await the.button('Where it came from').click();
  await says('target', 1);
  await the.slider('Time t').fill('0.25');
  await says('target', 0.25);
  await the.button('Learned').click();
  await the.page.waitForFunction(() => /learned around .*; exact around/.test(document.querySelector('#coupling').textContent));
  // Dragging moves the point, a second press removes it.
  await the.page.mouse.move(...await place(the, [-0.5, 0.2]));
  await the.page.mouse.down();
  await the.page.mouse.move(...await place(the, [-0.9, -0.4]), { steps: 5 });
  await the.page.mouse.up();
  await the.page.waitForFunction(() => /= \(−0\.\d\d, −0\.\d\d\)/.test(document.querySelector('#coupling').textContent));
  await the.page.mouse.click(...await place(the, [-0.9, -0.4]));
  await the.page.waitForFunction(() => /^Press a point/.test(document.querySelector('#coupling').textContent));
  assert.ok(await the.button('Let go').isDisabled());
  // Outside the drawing the coupling is shown, with a note that the source has no mass here.
  await the.button('Where it goes').click();
  await the.page.mouse.click(...await place(the, [3.5, -3.5]));
  await the.page.waitForFunction(() => /The source has no mass here/.test(document.querySelector('#coupling').textContent));
  await the.page.keyboard.press('Escape');
  assert.ok(await the.button('Let go').isDisabled());
  assert.deepEqual(consoleFaults(the.log), []);
});

for (const backend of ['cpu', 'gpu']) {
  test(`particles move with t and keep one law, forwards and backwards (${backend})`, async (t) => {
    const the = await open(t, { query: `?backend=${backend}&preset=2spirals`, reducedMotion: 'reduce' });
    await the.button('Play flow').waitFor();
    await the.page.waitForSelector('#over');
    await the.pause();
    await the.button('Exact').click();
    await the.slider('Time t').fill('0');
    await the.page.evaluate(() => document.activeElement.blur());
    const map = the.page.locator('#over');
    const line = () => the.page.locator('#two-sample-test').evaluate(({ textContent, dataset }) => [textContent, Number(dataset.distance), Number(dataset.limit)]);
    const at = async (time) => {
      await the.slider('Time t').fill(String(time));
      let seen;
      await eventually('the particles are not there', async () => /^ODE and SDE at t/.test((seen = await atRest(line, 1_000))[0]));
      const [text, distance, limit] = seen;
      assert.ok(distance <= limit && limit > 0.001 && limit < 0.05, `${distance} of ${limit} at ${time}`);
      assert.match(text, { cpu: /indistinguishable\. Moved by the processor\.$/, gpu: /indistinguishable\. Moved by the GPU\.$/ }[backend]);
    };
    const plain = await map.screenshot();
    await the.page.keyboard.press('o');
    await the.page.keyboard.press('s');
    assert.deepEqual(await the.page.locator('#ode, #sde').evaluateAll((all) => all.map((button) => button.ariaPressed)), ['true', 'true']);
    await at(0);
    await eventually('there are no particles', async () => changedShare(plain, await map.screenshot()) > 0.02);
    await the.page.waitForFunction(() => document.querySelector('#spoken')?.textContent === 'The particles are there.');
    for (const time of [0.3, 1]) await at(time);
    // The particles' canvas alone, at two times: they are elsewhere, and do not move.
    const drawn = () => the.page.evaluate(() => document.querySelector('#over').toDataURL());
    await the.slider('Time t').fill('0.3');
    const early = await atRest(drawn);
    await the.slider('Time t').fill('0.7');
    await eventually('particles do not follow t', async () => (await drawn()) !== early);
    await shot(the, `particles-${backend}`, { fullPage: true });
    // What follows is the same on both backends, and a software adapter takes most of a minute for one journey of the particles.
    if (backend === 'gpu') return assert.deepEqual(consoleFaults(the.log), []);
    await the.button('Backwards').click();
    await the.page.getByLabel('Number of particles').selectOption('500');
    await the.page.locator('#trails').check();
    await the.page.waitForFunction(() => /500 each/.test(document.querySelector('#two-sample-test')?.textContent));
    for (const time of [0.7, 0.2, 0]) await at(time);
    await shot(the, `particles-backwards-${backend}`);
    // With another source particles start again.
    await the.page.getByRole('button', { name: 'rings', exact: true }).click();
    await the.page.waitForFunction(() => /being computed/.test(document.querySelector('#two-sample-test')?.textContent));
    await the.page.waitForFunction(() => /^ODE and SDE at t/.test(document.querySelector('#two-sample-test')?.textContent));
    await the.page.evaluate(() => document.activeElement.blur());
    await the.page.keyboard.press('o');
    await the.page.keyboard.press('s');
    await eventually('particles stay', async () => the.page.evaluate(() => {
      const canvas = document.querySelector('#over');
      return canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.every((value) => value === 0);
    }));
    assert.deepEqual(consoleFaults(the.log), []);
  });
}

test('a device is lost while it moves particles: the next device moves them', async (t) => {
  const the = await open(t, {
    query: '?backend=gpu&preset=gaussian',
    reducedMotion: 'reduce',
    prepare: [keepDevices, () => {
      // The device is lost while the first particles move, a moment after their buffer is made: 33 frames of two clouds of
      // 2000, two numbers each.
      const create = GPUDevice.prototype.createBuffer;
      GPUDevice.prototype.createBuffer = function (description) {
        if (description.size === 33 * 2 * 2000 * 8 && globalThis.devices.length === 1) setTimeout(() => this.destroy());
        return create.call(this, description);
      };
    }],
  });
  await the.button('Play flow').waitFor();
  await the.page.waitForSelector('#over');
  await the.pause();
  assert.equal(await the.page.evaluate(() => globalThis.devices.length), 1);
  await the.page.keyboard.press('s');
  await the.page.waitForFunction(() => globalThis.devices.length === 2);
  assert.match(await the.page.locator('#two-sample-test').textContent(), /being computed/);
  await the.page.waitForFunction(() => /^ODE and SDE at t.*Moved by the GPU\.$/.test(document.querySelector('#two-sample-test')?.textContent));
  assert.equal(await the.page.evaluate(() => globalThis.devices.length), 2);
  assert.equal(the.log.filter(({ type }) => type === 'pageerror').length, 0, JSON.stringify(the.log));
});

test('the probe by keyboard', async (t) => {
  const the = await open(t);
  await rest(the, 0.4);
  const { keyboard } = the.page;
  await the.button('Play flow').focus();
  // In tab order the map comes before the film strip and the slider.
  await the.page.locator('#still-0').focus();
  await keyboard.press('Shift+Tab');
  assert.equal(await the.page.evaluate(() => document.activeElement.id), 'over');
  for (let k = 0; k < 3; k += 1) await keyboard.press('ArrowRight');
  await keyboard.press('ArrowUp');
  await keyboard.press('Shift+ArrowDown');
  await reading(the, [0.3, 0.08], '#reading-exact');
  assert.equal(await the.slider('Time t').inputValue(), '0.4', 'the arrow keys moved t');
  await the.page.waitForFunction(() => /^At \(0.30, 0.08\): density .*, velocity \(/.test(document.querySelector('#spoken')?.textContent));
  await keyboard.press('Enter');
  await the.page.waitForFunction(() => /^Given X₀ = \(0.30, 0.08\), at t = 0.4/.test(document.querySelector('#spoken')?.textContent));
  await shot(the, 'inspector-keys');
  await keyboard.press('Escape');
  await the.page.waitForFunction(() => document.querySelector('#spoken')?.textContent === 'Let go.');
  await keyboard.press('Space');
  await the.page.waitForFunction(() => /^Given/.test(document.querySelector('#coupling').textContent));
  assert.ok(await the.button('Play flow').isVisible(), 'Space played the flow');
  await keyboard.press('Tab');
  await the.page.locator('#reading').waitFor({ state: 'hidden' });
  await the.button('Keys').click();
  const keys = await the.page.getByRole('dialog').textContent();
  assert.match(keys, /O S\s*particles/);
  assert.match(keys, /On the map, arrow keys move the probe/);
  assert.deepEqual(consoleFaults(the.log), []);
});

test('playing with probe, coupling and particles keeps every task short; at rest nothing runs', async (t) => {
  const prepare = () => {
    const own = requestAnimationFrame.bind(globalThis);
    globalThis.frames = 0;
    globalThis.requestAnimationFrame = (callback) => own((now) => { globalThis.frames += 1; callback(now); });
  };
  const the = await open(t, { prepare });
  await rest(the, 0.5);
  await the.page.mouse.click(...await place(the, [0.8, 0.3]));
  await the.page.keyboard.press('o');
  await the.page.keyboard.press('s');
  await the.page.waitForFunction(() => document.querySelector('#spoken')?.textContent === 'The particles are there.');
  const end = await traceTasks(the.browser);
  await the.button('Play flow').click();
  const [middle, right] = [await place(the, [0, 0]), await place(the, [2, 0])];
  const radius = right[0] - middle[0];
  for (let k = 0; k < 60; k += 1) {
    await the.page.mouse.move(middle[0] + radius * Math.cos(k / 8), middle[1] - radius * Math.sin(k / 8));
    await the.page.waitForTimeout(40);
  }
  await the.button('Pause flow').click();
  const tasks = await end();
  assert.deepEqual(blockingTasks(tasks), []);
  await the.page.mouse.move(5, 5);
  // No more frames are requested.
  await atRest(() => the.page.evaluate(() => globalThis.frames));
});

for (const colorScheme of ['light', 'dark']) {
  test(`a tap presses a point, on a narrow screen, ${colorScheme}`, async (t) => {
    const the = await open(t, { ...NARROW, colorScheme });
    await rest(the, 0.5);
    const press = async (point) => the.page.touchscreen.tap(...await place(the, point));
    await press([0.5, 0.3]);
    await reading(the, [0.5, 0.3], '#reading-exact');
    await the.page.waitForFunction(() => /^Given X₀/.test(document.querySelector('#coupling').textContent));
    await the.button('ODE').tap();
    await the.page.waitForFunction(() => /^ODE and SDE at t/.test(document.querySelector('#two-sample-test')?.textContent));
    assert.ok(await the.page.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth), 'the page scrolls sideways');
    const boxes = await the.page.locator('.inspector button:visible, .inspector select').evaluateAll((all) => all.map((control) => {
      const { width, height } = control.getBoundingClientRect();
      return { name: control.id, width, height };
    }));
    assert.equal(boxes.length, 8);
    assert.deepEqual(smallTargets(boxes, 44), []);
    await shot(the, `inspector-narrow-${colorScheme}`, { fullPage: true });
    await the.page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
    const { violations } = await the.page.evaluate(() => globalThis.axe.run());
    assert.deepEqual(seriousFindings(violations), []);
    await press([0.5, 0.3]);
    await the.page.locator('#reading').waitFor({ state: 'hidden' });
    assert.deepEqual(consoleFaults(the.log), []);
  });
}
