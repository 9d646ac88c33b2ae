// Lessons beside the map: opened, walked through, touched, and every question answered.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { consoleFaults, seriousFindings } from './comparators.mjs';
import { eventually, says } from './visit.mjs';
import { shot, visits } from './visits.mjs';

const open = visits({ query: '?backend=cpu' });
const sources = resolve(dirname(fileURLToPath(import.meta.url)), '../../web/lessons');
const names = readdirSync(sources).filter((file) => file.endsWith('.md')).map((file) => file.replace('.md', ''));
const title = (the) => the.page.locator('#lesson-body .step h2');
const source = (the) => the.page.locator('#source-name').innerText();

/** Waits until a text is so. */
const reads = (part, words) => eventually(`there is no ${words}`, async () => words.test(await part.innerText()));

/** Opens the list of lessons, once the panels are there. */
async function list(the) {
  await the.page.locator('#lesson').waitFor({ state: 'attached' });
  await the.page.getByRole('link', { name: 'Learn', exact: true }).click();
  await the.page.getByRole('link', { name: 'Moving sand' }).waitFor();
}

test('a lesson opens from the list, sets the page, and gives it back', async (t) => {
  const the = await open(t);
  await list(the);
  assert.equal(await the.page.locator('#lesson-body [data-lesson]').count(), names.length);
  await shot(the, 'lesson-list');
  await the.page.getByRole('link', { name: 'The noise ε' }).click();
  await title(the).waitFor();
  assert.match(await title(the).innerText(), /Step 1 of \d/);
  assert.match(the.page.url(), /\?/);
  await eventually('the address does not name the lesson', () => /lesson=the-noise&step=1/.test(the.page.url()));
  await shot(the, 'lesson');
  // The reader touches the page, and comes back with one action.
  const epsilon = the.page.getByLabel('Epsilon as a number');
  const set = await epsilon.inputValue();
  await epsilon.fill('1.5');
  await the.page.keyboard.press('Enter');
  await the.page.getByRole('button', { name: 'pinwheel', exact: true }).click();
  assert.equal(await source(the), 'pinwheel');
  await the.button('Set again').click();
  await eventually('the page is not set again', async () => (await epsilon.inputValue()) === set && (await source(the)) !== 'pinwheel');
  // Back and on; a reload comes back to the step.
  await the.page.locator('#lesson-next').click();
  await eventually('there is no second step', async () => /Step 2/.test(await title(the).innerText()));
  await eventually('the address is behind', () => /step=2/.test(the.page.url()));
  await the.page.reload();
  await title(the).waitFor();
  assert.match(await title(the).innerText(), /Step 2/);
  await the.button('Close').click();
  assert.equal(await the.page.locator('#lesson').isVisible(), false);
  await eventually('the address still names the lesson', () => !/lesson=/.test(the.page.url()));
  assert.deepEqual(consoleFaults(the.log), []);
});

test('a link in the text changes what it names, and nothing else', async (t) => {
  const the = await open(t, { query: '?backend=cpu&lesson=the-noise&step=1' });
  await title(the).waitFor();
  const before = new URLSearchParams(await the.page.locator('#lesson-body .step').getAttribute('data-link')).get('preset');
  await the.source(before);
  const link = the.page.locator('#lesson-body a.set[href*="epsilon="]').first();
  const [, value] = (await link.getAttribute('href')).match(/epsilon=([\d.]+)/);
  await link.click();
  await eventually('ε is not set', async () => (await the.page.getByLabel('Epsilon as a number').inputValue()) === value);
  assert.equal(await source(the), before);
  assert.deepEqual(consoleFaults(the.log), []);
});

for (const name of names) {
  test(`every step of ${name}: its state is set, its questions have one right answer`, async (t) => {
    const the = await open(t, { query: `?backend=cpu&lesson=${name}`, viewport: { width: 1280, height: 720 } });
    await title(the).waitFor();
    const [, count] = (await title(the).innerText()).match(/Step 1 of (\d)/);
    for (let step = 1; step <= count; step += 1) {
      await eventually(`there is no step ${step}`, async () => new RegExp(`Step ${step} of`).test(await title(the).innerText()));
      const section = the.page.locator('#lesson-body .step');
      const link = new URLSearchParams(await section.getAttribute('data-link') ?? '');
      if (link.has('preset')) await eventually(`${link} is not set`, async () => (await source(the)) === link.get('preset'));
      if (link.has('epsilon')) await eventually(`${link} is not set`, async () => (await the.page.getByLabel('Epsilon as a number').inputValue()) === link.get('epsilon'));
      if (link.has('t')) await eventually(`${link} is not set`, async () => Number(await the.slider('Time t').inputValue()) === Number(link.get('t')));
      if (link.has('view')) await the.page.locator(`#${link.get('view')}[aria-pressed="true"]`).waitFor();
      const show = await section.getAttribute('data-show');
      if (show) assert.ok(await the.page.locator('.pointed').isVisible(), `${show} is not to be seen`);
      for (const watched of (await section.getAttribute('data-watched') ?? '').split('; ').filter(Boolean)) {
        const [metric, relation, bound] = watched.split(' ');
        await the.until(metric, relation, Number(bound));
      }
      const verdicts = [];
      for (let k = 0; k < await the.page.locator('.choice').count(); k += 1) {
        const answer = the.page.locator('.question details');
        await answer.evaluate((details) => { details.removeAttribute('data-judged'); });
        await the.page.locator('.choice').nth(k).click();
        await the.page.locator('.question details[data-judged]').waitFor();
        verdicts.push(await answer.getAttribute('data-judged'));
      }
      if (verdicts.length > 0) assert.equal(verdicts.filter((verdict) => verdict === 'right').length, 1, `${step}: ${verdicts}`);
      await shot(the, `lesson-${name}-${step}`);
      // The same on a telephone, in the dark theme.
      await the.page.setViewportSize({ width: 390, height: 844 });
      await the.page.emulateMedia({ colorScheme: 'dark' });
      const tooWide = await the.page.evaluate(() => [document.scrollingElement, document.getElementById('lesson-body')].filter((part) => part.scrollWidth > part.clientWidth + 1).map((part) => part.id || part.tagName));
      assert.deepEqual(tooWide, [], `step ${step} scrolls sideways`);
      await shot(the, `lesson-${name}-${step}-narrow`);
      await the.page.setViewportSize({ width: 1280, height: 720 });
      await the.page.emulateMedia({ colorScheme: 'light' });
      if (step < count) await the.page.locator('#lesson-next').click();
    }
    await the.button('Finish').click();
    await the.page.locator(`[data-lesson="${name}"].finished`).waitFor();
    assert.deepEqual(consoleFaults(the.log), []);
  });
}

test('a question about a state is judged by the state that the reader makes', async (t) => {
  // The first lesson that has one.
  const [name, text] = names.map((name) => [name, readFileSync(resolve(sources, `${name}.md`), 'utf8')]).find(([, text]) => text.includes('until ::'));
  const step = text.split('until ::')[0].split('\n## ').length - 1;
  const the = await open(t, { query: `?backend=cpu&lesson=${name}&step=${step}` });
  await title(the).waitFor();
  await the.button('Check').click();
  await the.page.locator('.question details[data-judged="wrong"]').waitFor();
  assert.deepEqual(consoleFaults(the.log), []);
});

test('each convention of ε is translated into all others, and the page follows', async (t) => {
  const the = await open(t, { query: '?backend=cpu&lesson=whose-epsilon&step=3' });
  await title(the).waitFor();
  const blur = the.page.getByLabel('GeomLoss, p = 2: blur');
  await blur.fill('0.7');
  await the.page.keyboard.press('Tab');
  await eventually('the page does not follow', async () => (await the.page.getByLabel('Epsilon as a number').inputValue()) === '0.49');
  assert.equal(await the.page.getByLabel('POT, sinkhorn with squared distances: reg').inputValue(), '0.98');
  assert.equal(await blur.inputValue(), '0.7');
  await shot(the, 'lesson-translator');
});

test('presenting: the map and the lesson alone, stepped by a clicker, until Esc', async (t) => {
  const the = await open(t, { query: '?backend=cpu&present&lesson=the-noise', viewport: { width: 1280, height: 720 } });
  await title(the).waitFor();
  const seen = (selector) => the.page.locator(selector).first().isVisible();
  assert.deepEqual(await Promise.all(['.stage', '#time', '#lesson', '.source', '.numbers', 'header'].map(seen)), [true, true, true, false, false, false]);
  await shot(the, 'present');
  // The focus is anywhere; the arrow keys step the lesson, not t.
  await the.page.locator('#play').focus();
  for (const [key, step] of [['PageDown', 2], ['ArrowRight', 3], ['PageUp', 2], ['ArrowLeft', 1]]) {
    await the.page.keyboard.press(key);
    await eventually(`${key} does not lead to step ${step}`, async () => new RegExp(`Step ${step} of`).test(await title(the).innerText()));
  }
  const box = async (selector) => the.page.locator(selector).boundingBox();
  const [map, time] = [await box('.stage'), await box('#time')];
  assert.ok(map.y >= 0 && time.y + time.height <= 720, 'map and time do not fit');
  await the.page.keyboard.press('Escape');
  assert.deepEqual(await Promise.all(['.source', 'header', '#lesson'].map(seen)), [true, true, true]);
  assert.deepEqual(consoleFaults(the.log), []);
});

test('presenting without a lesson: the map alone, and arrow keys move t', async (t) => {
  const the = await open(t, { query: '?backend=cpu&present&t=0.5' });
  await the.page.locator(':root[data-present]').waitFor({ state: 'attached' });
  assert.equal(await the.page.locator('.source').isVisible(), false);
  await the.page.keyboard.press('ArrowRight');
  await eventually('t stays', async () => Number(await the.slider('Time t').inputValue()) > 0.5);
});

test('an unknown lesson gets a sentence, and the page works', async (t) => {
  const the = await open(t, { query: '?backend=cpu&lesson=no-such-lesson' });
  await says(the, 'There is no lesson no-such-lesson');
  assert.equal(await the.page.locator('#lesson').isVisible(), false);
  await the.until('step', '>', 5);
});

test('lessons are pages that need no program', async (t) => {
  const the = await open(t, { query: '?backend=cpu' });
  const context = await the.browser.newContext({ javaScriptEnabled: false });
  t.after(() => context.close());
  const page = await context.newPage();
  await page.goto(`${the.origin}lessons/`);
  await page.getByRole('link', { name: 'Moving sand' }).click();
  await page.getByRole('heading', { level: 1 }).waitFor();
  assert.ok(await page.locator('section.step').count() >= 4);
  await page.screenshot({ path: resolve(sources, '../../tests/browser/out/lesson-page.png'), fullPage: true });
});

for (const [how, options] of [['narrow', { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, colorScheme: 'dark' }], ['wide', {}]]) {
  test(`the lesson leaves the map in sight and axe finds nothing serious: ${how}`, async (t) => {
    const the = await open(t, { query: '?backend=cpu&lesson=two-potentials&step=2', ...options });
    await title(the).waitFor();
    const [map, lesson] = await Promise.all(['.stage', '#lesson'].map((selector) => the.page.locator(selector).boundingBox()));
    const overlap = Math.max(0, Math.min(map.y + map.height, lesson.y + lesson.height) - Math.max(map.y, lesson.y))
      * Math.max(0, Math.min(map.x + map.width, lesson.x + lesson.width) - Math.max(map.x, lesson.x));
    assert.equal(overlap, 0, 'the lesson is over the map');
    assert.ok(await the.page.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth), 'the page scrolls sideways');
    await the.page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
    const { violations } = await the.page.evaluate(() => globalThis.axe.run());
    assert.deepEqual(seriousFindings(violations), []);
    await shot(the, `lesson-${how}`);
  });
}

test('the figure on a line follows ε, the pointer and a drawing', async (t) => {
  const the = await open(t, { query: '?backend=cpu&lesson=two-potentials&step=2' });
  const status = the.page.locator('.line-status');
  await reads(status, /^ε = 0\.2\. Explained share 0\.81/);
  // The text says where the mass of x = 1.8 goes; the figure shows the same.
  const pair = the.page.locator('.line-pair');
  await pair.scrollIntoViewIfNeeded();
  const box = await pair.boundingBox();
  await the.page.mouse.move(box.x + box.width * (1.8 + 4) / 8, box.y + box.height / 2);
  await reads(status, /Partners of x = 1\.8: mean 0\.67\d/);
  await shot(the, 'line');
  // ε is that of the page, from either slider.
  const film = () => the.page.locator('.line-film svg').innerHTML();
  const [before, flow] = [await film(), await the.page.locator('.line-epsilon').inputValue()];
  await the.page.locator('.line-epsilon').fill('0.8');
  await reads(status, /^ε = 0\.95/);
  assert.match(await the.page.getByLabel('Epsilon as a number').inputValue(), /^0\.95/);
  assert.notEqual(await film(), before);
  await the.button('Set again').click();
  await reads(status, /^ε = 0\.2\. Explained share 0\.81/);
  await eventually('the slider stays', async () => (await the.page.locator('.line-epsilon').inputValue()) === flow);
  // Another source, chosen and drawn; a drawing without mass loses nothing.
  await the.page.getByLabel('Source on the line').selectOption('Gaussian');
  await reads(status, /Explained share 0\.7[12]/);
  const strip = await the.page.locator('.line-source').boundingBox();
  const [left, right, low] = [strip.x + 1, strip.x + strip.width - 1, strip.y + strip.height + 9];
  await the.page.mouse.move(left, strip.y + strip.height / 2);
  await the.page.mouse.down();
  for (const x of [left, right, left]) await the.page.mouse.move(x, low, { steps: 5 });
  await reads(status, /^There is no mass/);
  await the.page.mouse.move(right, strip.y + strip.height / 2, { steps: 5 });
  await the.page.mouse.up();
  await reads(status, /Explained share/);
  assert.equal(await the.page.getByLabel('Source on the line').inputValue(), 'drawn');
  assert.deepEqual(consoleFaults(the.log), []);
});

test('half-steps on a line are made one by one, and counted to the solution', async (t) => {
  const the = await open(t, { query: '?backend=cpu&lesson=sinkhorn&step=3', viewport: { width: 390, height: 844 } });
  const status = the.page.locator('.line-status');
  await reads(status, /φ = ψ = 0/);
  await the.button('Half-step').click();
  await reads(status, /Half-step 1 fitted φ: the source marginal is exact, but 59\.8 % of the mass arrives at wrong places/);
  await the.button('Half-step').click();
  await reads(status, /Half-step 2 fitted ψ: the target marginal is exact, but 44\.6 % of the mass leaves from wrong places/);
  await shot(the, 'half-steps');
  await the.button('Solve').click();
  await reads(status, /Solved after (29|30) half-steps/);
  await the.button('From zero').click();
  await reads(status, /φ = ψ = 0/);
});

test('the formulas of the paper run on a line as verified and as printed', async (t) => {
  const the = await open(t, { query: '?backend=cpu&lesson=check-the-paper&step=3' });
  const status = the.page.locator('.line-status');
  const printed = the.page.getByLabel('As printed');
  const next = async (number) => {
    await the.page.locator('#lesson-next').click();
    await reads(title(the), new RegExp(`Step ${number} `));
  };
  await reads(status, /As verified, the paths end \d\.\d+ × 10⁻⁴ from where/);
  await printed.check();
  await reads(status, /As printed, the paths end 1\.5\d from where/);
  await shot(the, 'printed');
  await next(4);
  await reads(status, /As verified, the target marginal of γ has an L1 error of \d\.\d+ × 10⁻/);
  await printed.check();
  await reads(status, /As printed, the target marginal of γ has an L1 error of 1\.86/);
  await next(5);
  await reads(status, /As verified, the deviation at t = ½ is 0\.85\d; the flow has 0\.85/);
  await printed.check();
  await reads(status, /As printed, the deviation at t = ½ is 0\.81\d; the flow has 0\.85/);
  await next(6);
  // A step of the penalty alone: the disagreement is halved, or grows by a half.
  await reads(status, /after 0 steps/);
  const disagreement = async () => Number(/by ([\d.]+) units/.exec(await status.innerText())[1]);
  const first = await disagreement();
  const step = the.page.locator('.line-half');
  await step.click();
  await reads(status, /after 1 step /);
  assert.ok(Math.abs(await disagreement() / first - 0.5) < 0.01);
  await printed.check();
  await step.click();
  await reads(status, /after 2 steps/);
  assert.ok(Math.abs(await disagreement() / first - 0.75) < 0.01);
  // Without end it grows beyond all numbers, and the figure lasts.
  await step.evaluate((button) => { for (let k = 0; k < 2000; k += 1) button.click(); });
  await reads(status, /after 2002 steps/);
  await the.button('From zero').click();
  await reads(status, /after 0 steps/);
  assert.deepEqual(consoleFaults(the.log), []);
});

test('a step moves ε and t to their values, unless the reader touches the page or wants rest', async (t) => {
  const the = await open(t, { query: '?backend=cpu&lesson=the-noise&step=6', reducedMotion: 'no-preference' });
  await title(the).waitFor();
  const time = the.page.getByLabel('Time t as a number');
  const values = (label) => the.page.evaluate((label) => {
    const field = document.querySelector(`[aria-label^="${label}"]`);
    globalThis.seen = new Set();
    const watch = () => { globalThis.seen.add(Number(field.value)); requestAnimationFrame(watch); };
    watch();
  }, label);
  await eventually('the step is not set', async () => (await time.inputValue()) === '0');
  await says(the, 't = 0: the exact flow');
  await values('Time t as a number');
  await the.page.locator('#lesson-body a.set', { hasText: 't = 0.5' }).click();
  await eventually('t does not arrive', async () => (await time.inputValue()) === '0.5');
  const between = await the.page.evaluate(() => [...globalThis.seen].filter((t) => t > 0 && t < 0.5).length);
  assert.ok(between >= 2, `t jumped: ${between}`);
  // A pointer on the page ends it where it goes.
  await the.page.locator('#lesson-body a.set', { hasText: 't = 1' }).click();
  await the.page.mouse.click(640, 20);
  await eventually('t does not arrive', async () => (await time.inputValue()) === '1');
  await the.page.emulateMedia({ reducedMotion: 'reduce' });
  await values('Time t as a number');
  await the.page.locator('#lesson-body a.set', { hasText: 't = 0.5' }).click();
  await eventually('t does not arrive', async () => (await time.inputValue()) === '0.5');
  assert.deepEqual(await the.page.evaluate(() => [...globalThis.seen]), [1, 0.5]);
  assert.deepEqual(consoleFaults(the.log), []);
});
