// Writes the pages of the lessons into the folder of a build, and the formulas of its page as MathML, as a hook of trunk and for
// scripts/build.mjs.
import { execFileSync } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const [to, page] = ['lessons', 'index.html'].map((name) => join(process.env.TRUNK_STAGING_DIR, name));
try {
  execFileSync('cargo', ['run', '--quiet', '-p', 'flowsketch-lessons', '--', 'web/lessons', to, page], { cwd: root, stdio: 'inherit' });
} catch {
  // What is wrong has been said.
  process.exit(1);
}
