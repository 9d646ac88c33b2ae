// The built page in a real browser, operated as a user would, with its kernels on the (software) GPU. The processor
// backend is tested in cpu.test.mjs.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { changedShare, colourCount, consoleFaults, gzippedSize, seriousFindings, smallTargets, strayRequests } from './comparators.mjs';
import { atRest, eventually, keepDevices } from './visit.mjs';
import { shot, visits } from './visits.mjs';

const open = visits({ query: '?backend=gpu' });

test('a drawn shape is learned; its flow follows t; nothing leaves the origin', async (t) => {
  const the = await open(t, { reducedMotion: 'no-preference' });
  await the.still();
  await the.draw();
  await the.until('kl_source', '<', 0.1);
  await the.slider('Time t').fill('0');
  let first;
  await eventually('the flow is blank', async () => colourCount(first = await the.flow.screenshot()) > 4);
  await the.slider('Time t').fill('1');
  await eventually('the picture did not follow t', async () => changedShare(first, await the.flow.screenshot()) > 0.1);
  await shot(the, 'drawn');
  for (const name of ['dual', 'kl_source', 'tv_source', 'steps_per_second', 'evaluations']) {
    assert.ok(Number.isFinite(await the.metric(name)), `${name} is not a number`);
  }
  assert.ok((await the.metric('tv_source')) < 0.5);
  assert.match(await the.page.locator('main').innerText(), /software/);
  assert.deepEqual(consoleFaults(the.log), []);
  assert.deepEqual(strayRequests(the.requests, the.origin), []);
});

test('pause stops training, Step makes one step, Reset goes back to step 0 and its picture', async (t) => {
  const the = await open(t);
  await the.until('step', '>', 2);
  const paused = await the.pause();
  await the.page.waitForTimeout(2000);
  assert.equal(await the.metric('step'), paused);
  await the.button('Step').click();
  await the.until('step', '=', paused + 1);
  await the.page.waitForTimeout(1500);
  assert.equal(await the.metric('step'), paused + 1);
  const evaluations = await the.metric('evaluations');
  assert.equal(evaluations, (paused + 1) * 1300, 'a step is 500 points and two lattices of 20 x 20');
  await the.button('Reset').click();
  await the.until('step', '=', 0);
  const kl = await the.metric('kl_source');
  await the.button('Step').click();
  await the.until('step', '=', 1);
  await the.button('Reset').click();
  await the.until('step', '=', 0);
  assert.equal(await the.metric('kl_source'), kl, 'the same seed gives the same start');
});

test('undo, redo, clear and presets; an empty pad is answered with a sentence', async (t) => {
  const the = await open(t, { query: '?backend=cpu' });
  const spirals = await the.pad.screenshot();
  await the.draw();
  const drawn = await the.pad.screenshot();
  assert.ok(changedShare(spirals, drawn) > 0.05, 'nothing was drawn');
  await the.button('Undo').click();
  await the.source('2spirals');
  await eventually('undo did not bring the preset back', async () => changedShare(spirals, await the.pad.screenshot()) < 0.01);
  await the.button('Redo').click();
  await the.source('your drawing');
  await eventually('redo did not bring the drawing back', async () => changedShare(drawn, await the.pad.screenshot()) < 0.01);
  await the.button('Clear').click();
  await the.page.waitForFunction(() => /empty/i.test(document.querySelector('[role="status"]')?.textContent));
  assert.equal(colourCount(await the.pad.screenshot()) <= 2, true, 'the pad is not empty');
  await the.page.getByRole('group', { name: 'Presets' }).getByRole('button', { name: 'rings', exact: true }).click();
  await the.page.waitForFunction(() => /rings/.test(document.querySelector('[role="status"]')?.textContent));
  await the.until('step', '>', 1);
  assert.deepEqual(consoleFaults(the.log), []);
});

test('epsilon changes on the fly', async (t) => {
  const the = await open(t);
  const before = await the.until('step', '>', 5);
  await the.page.getByLabel('Epsilon as a number').fill('1');
  await the.page.keyboard.press('Enter');
  await the.page.waitForFunction(() => /ε = 1\b/.test(document.querySelector('[role="status"]')?.textContent));
  assert.ok((await the.metric('step')) >= before, 'training started again');
  await the.until('step', '>', before + 3);
  const [dual, step] = [await the.metric('dual'), await the.metric('step')];
  await the.slider('Epsilon').focus();
  for (let k = 0; k < 5; k += 1) await the.page.keyboard.press('ArrowLeft');
  await eventually('the dual value stays', async () => (await the.metric('dual')) !== dual);
  await the.until('step', '>', step);
  // Bad input loses nothing: the last good value stays.
  const number = the.page.getByLabel('Epsilon as a number');
  await number.fill('-3');
  await the.page.keyboard.press('Enter');
  await number.blur();
  assert.ok(Number(await number.inputValue()) >= 0.05, 'a negative ε was taken');
  assert.deepEqual(consoleFaults(the.log), []);
});

test('the exact flow beside the learned one, and every measure against it', async (t) => {
  const the = await open(t);
  await the.still();
  await the.slider('Time t').fill('0.3');
  await the.until('gap', '>', 0);
  const optimum = await the.metric('optimum');
  await the.pause();
  const pictures = {};
  for (const [name, says] of [['Difference', /minus the exact one/], ['Exact', /the exact flow/], ['Learned', /: the flow from/]]) {
    const [before] = [await the.flow.screenshot(), await the.button(name).click()];
    await the.page.waitForFunction((says) => new RegExp(says).test(document.querySelector('[role="status"]')?.textContent), says.source);
    if (name !== 'Learned') await eventually(`${name} shows nothing of its own`, async () => changedShare(before, await the.flow.screenshot()) > 0.02);
    pictures[name] = await the.flow.screenshot();
    await shot(the, name.toLowerCase());
  }
  assert.ok(changedShare(pictures.Difference, pictures.Exact) > 0.2);
  for (const name of ['marginal_source', 'marginal_target', 'maximality_phi', 'maximality_psi', 'l1_rho_25', 'l1_rho_50', 'l1_rho_75',
    'velocity_error_25', 'velocity_error_50', 'velocity_error_75', 'continuity', 'mass']) {
    assert.ok(Number.isFinite(await the.metric(name)), `${name} is not a number`);
  }
  assert.ok((await the.metric('l1_rho_50')) < 1 && (await the.metric('continuity')) < 0.01);
  // Audits get a small share of the time: on a busy machine the next one may come seconds after the last step.
  await eventually('the gap is that of another step', async () => Math.abs((await the.metric('dual')) + (await the.metric('gap')) - optimum) < 1e-9);
  assert.deepEqual(consoleFaults(the.log), []);
});

test('measures follow both networks, another source and ε; keys choose the view; a measure explains itself', async (t) => {
  const the = await open(t, { query: '?backend=cpu' });
  await the.until('gap', '>', 0);
  const optimum = await the.metric('optimum');
  await the.pause();
  // One sentence says how good the flow is, by the worst of the three density errors.
  await the.page.locator('#words').waitFor();
  await eventually('the sentence is not that of the numbers', async () => {
    const worst = Math.max(...await Promise.all(['l1_rho_25', 'l1_rho_50', 'l1_rho_75'].map(the.metric)));
    const said = /^(?:Good|Close|Not yet): up to ([\d.]+) % of the mass/.exec(await the.page.locator('#verdict').textContent());
    return said !== null && Math.abs(Number(said[1]) - 50 * worst) < 0.06 * 50 * worst;
  });
  // The map says what its corners and arrows are.
  const arrows = the.page.locator('.arrows-mean');
  assert.match(await arrows.innerText(), /0\.15 of the time/);
  await the.page.getByLabel('Arrows').uncheck();
  assert.ok(await arrows.isHidden());
  await the.page.getByText('what the terms on this page mean').click();
  await the.page.getByText('the share of mass that is out of place').waitFor();
  // Built from both networks, the flow no longer has the exact target marginal by construction.
  const marginal = await the.metric('marginal_target');
  await the.page.getByLabel('Both networks').check();
  await the.until('marginal_target', '>', 10 * marginal);
  // The exact flow of another source comes without training.
  await the.page.getByRole('button', { name: 'moons', exact: true }).click();
  await eventually('the optimum stays', async () => (await the.metric('optimum')) !== optimum);
  const moons = await the.metric('optimum');
  await the.page.getByLabel('Epsilon as a number').fill('1');
  await the.page.keyboard.press('Enter');
  await eventually('the optimum does not follow ε', async () => (await the.metric('optimum')) !== moons);
  await the.page.getByLabel('Epsilon as a number').blur();
  for (const [key, name] of [['x', 'Exact'], ['f', 'Difference'], ['l', 'Learned']]) {
    await the.page.keyboard.press(key);
    assert.equal(await the.button(name).getAttribute('aria-pressed'), 'true', `the key ${key}`);
  }
  // A measure opens to its formula and explanation.
  await the.page.getByText('More measures').click();
  await the.page.getByText('Source marginal').click();
  await the.page.getByText('How far the pairing’s first marginal').waitFor();
  assert.deepEqual(consoleFaults(the.log), []);
});

test('the keyboard does it all: training, steps, presets, time, drawing', async (t) => {
  const the = await open(t, { query: '?backend=cpu', reducedMotion: 'no-preference' });
  const { keyboard } = the.page;
  await keyboard.press('t');
  const step = await the.settle();
  await keyboard.press('.');
  await the.until('step', '=', step + 1);
  await keyboard.press('Space');
  await the.button('Play flow').waitFor();
  await keyboard.press('Space');
  await the.button('Pause flow').waitFor();
  await keyboard.press('4');
  await the.page.waitForFunction(() => /moons/.test(document.querySelector('[role="status"]')?.textContent));
  const moons = await the.pad.screenshot();
  const seed = the.page.getByLabel('Seed', { exact: true });
  assert.equal(await seed.inputValue(), '0');
  await keyboard.press('Shift+R');
  await eventually('the seed is the same', async () => (await seed.inputValue()) === '1');
  await the.pad.focus();
  await keyboard.press('Enter');
  for (let k = 0; k < 12; k += 1) await keyboard.press('ArrowRight');
  await keyboard.press('Enter');
  await the.source('your drawing');
  await eventually('the keyboard drew nothing', async () => changedShare(moons, await the.pad.screenshot()) > 0.02);
  await the.pad.blur();
  await keyboard.press('Shift+?');
  await the.page.getByRole('dialog').waitFor();
  await keyboard.press('Escape');
  assert.deepEqual(consoleFaults(the.log), []);
});

test('touch on a narrow screen: draws, never scrolls sideways, targets of 44 pixels', async (t) => {
  const the = await open(t, { query: '?backend=cpu', viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 });
  const before = await the.pad.screenshot();
  await the.pad.scrollIntoViewIfNeeded();
  const box = await the.pad.boundingBox();
  const client = await the.page.context().newCDPSession(the.page);
  const touch = (type, k) => client.send('Input.dispatchTouchEvent', {
    type,
    touchPoints: k === null ? [] : [{ x: box.x + box.width * (0.25 + 0.5 * k), y: box.y + box.height * (0.3 + 0.4 * k * k) }],
  });
  const padTop = () => the.pad.evaluate((pad) => pad.getBoundingClientRect().top + scrollY);
  const [scrolled, top] = [await the.page.evaluate(() => scrollY), await padTop()];
  await touch('touchStart', 0);
  for (let k = 1; k <= 15; k += 1) await touch('touchMove', k / 15);
  await touch('touchEnd', null);
  await the.source('your drawing');
  assert.equal(await the.page.evaluate(() => scrollY), scrolled, 'drawing scrolled the page');
  await the.page.locator('#inspector').waitFor();
  assert.equal(await padTop(), top, 'the pad moved as the panels came');
  await eventually('touch drew nothing', async () => changedShare(before, await the.pad.screenshot()) > 0.05);
  assert.ok(await the.page.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth), 'the page scrolls sideways');
  const boxes = await the.page.locator('button:visible').evaluateAll((buttons) => buttons.map((button) => {
    const { width, height } = button.getBoundingClientRect();
    return { name: button.ariaLabel || button.textContent.trim(), width, height };
  }));
  assert.deepEqual(smallTargets(boxes, 44), []);
  await shot(the, 'narrow', { fullPage: true });
});

test('a lost device is replaced, and training goes on from where it was', async (t) => {
  const the = await open(t, { prepare: keepDevices });
  const step = await the.until('step', '>', 4);
  await the.page.evaluate(() => globalThis.devices.at(-1).destroy());
  await the.page.waitForFunction(() => globalThis.devices.length > 1);
  const next = await the.until('step', '>', step);
  assert.ok(next < step + 200, 'steps that were not taken are counted');
  await the.until('step', '>', next);
  assert.ok((await the.metric('kl_source')) < 0.9, 'what was learned is lost');
  assert.equal(the.log.filter(({ type }) => type === 'pageerror').length, 0, JSON.stringify(the.log));
});

test('a hidden page does nothing, and goes on when it is seen again', async (t) => {
  const the = await open(t);
  await the.until('step', '>', 1);
  await the.hide(true);
  // A hidden page does not train.
  const step = await atRest(() => the.metric('step'), 3_000);
  await the.hide(false);
  await the.until('step', '>', step);
});

test('a low wide window shows map, t, ε and Train; at 320 pixels nothing scrolls sideways; on its side a phone has room to scroll', async (t) => {
  const the = await open(t, { query: '?backend=cpu', viewport: { width: 1280, height: 720 } });
  const ends = (ids) => the.page.evaluate((ids) => ids.map((id) => document.getElementById(id).getBoundingClientRect().bottom), ids);
  for (const end of await ends(['flow', 'time', 'epsilon', 'train'])) assert.ok(end <= 720, `${end} of 720`);
  await shot(the, 'low');
  await the.page.setViewportSize({ width: 320, height: 640 });
  await eventually('the page scrolls sideways', () => the.page.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth));
  await shot(the, 'very-narrow', { fullPage: true });
  await the.page.setViewportSize({ width: 667, height: 375 });
  await eventually('the pad is as high as the window', () => the.page.evaluate(() => document.getElementById('pad').getBoundingClientRect().height <= 350));
  await shot(the, 'on-its-side');
});

test('everything the page loads is at most 225 kB, compressed', async (t) => {
  const the = await open(t);
  const size = gzippedSize(await Promise.all(the.bodies));
  t.diagnostic(`${size} bytes`);
  assert.ok(size > 50_000, 'nothing was loaded');
  assert.ok(size <= 225_000, `${size} bytes`);
});

for (const colorScheme of ['light', 'dark']) {
  test(`accessible, ${colorScheme}: axe finds nothing serious`, async (t) => {
    const the = await open(t, { query: '?backend=cpu', colorScheme });
    await the.page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
    const { violations, passes } = await the.page.evaluate(() => globalThis.axe.run());
    assert.ok(passes.length > 10, 'axe looked at nothing');
    assert.deepEqual(seriousFindings(violations), []);
    await the.until('step', '>', 20);
    await shot(the, colorScheme);
  });
}

test('three measures are shown, and the others after one action, which is kept', async (t) => {
  const the = await open(t, { query: '?backend=cpu' });
  const seen = () => the.page.locator('.metrics > details:visible').count();
  assert.equal(await seen(), 3);
  await the.page.getByText('More measures').click();
  assert.equal(await seen(), 13);
  // A browser says that a fold was opened, and so it is kept, a little after it has opened it.
  await the.page.waitForFunction(() => localStorage.getItem('flowsketch-more') === 'on');
  await the.page.reload();
  await the.until('step', '>', -1);
  await the.page.waitForFunction(() => document.getElementById('more').open);
  assert.equal(await seen(), 13);
  // Each has its formula and a line of explanation, its own.
  await the.page.locator('#words').waitFor({ state: 'attached' });
  for (const [metric, words] of [['gap', 'can still rise'], ['dual', 'Rises as φ learns'], ['tv_source', 'out of place at t = 0'], ['maximality_psi', 'φ is from ψ']]) {
    const row = the.page.locator(`.metrics > details:has([data-metric="${metric}"])`);
    await row.locator('summary').click();
    assert.ok((await row.locator('p').innerText()).includes(words), metric);
    assert.equal(await row.locator('math').count() > 0, true);
  }
});

test('reduced motion: the flow does not play by itself', async (t) => {
  const the = await open(t, { query: '?backend=cpu', reducedMotion: 'reduce' });
  await the.button('Play flow').waitFor();
  assert.equal(await the.slider('Time t').inputValue(), '0');
});
