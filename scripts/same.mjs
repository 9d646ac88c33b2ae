// Checks that two folders hold the same page: `node scripts/same.mjs A B`. The hashes in file names may differ.
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

const NUMBER = /-[0-9a-f]{16}(?=[._])|(?<='sha256-)[^']+/g;
const [a, b] = process.argv.slice(2).map((folder) => new Map(readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map(({ parentPath, name: file }) => {
  const name = join(relative(folder, parentPath), file);
  const bytes = readFileSync(join(folder, name));
  return [name.replace(NUMBER, ''), name.endsWith('.html') ? Buffer.from(bytes.toString('utf8').replace(NUMBER, '')) : bytes];
})));
const differing = [...new Set([...a.keys(), ...b.keys()])].filter((name) => !a.has(name) || !b.has(name) || !a.get(name).equals(b.get(name)));
if (differing.length > 0) {
  console.error(`The two pages differ in ${differing.join(', ')}.`);
  process.exit(1);
}
console.log(`Both pages are the same ${a.size} files.`);
