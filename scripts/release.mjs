// Checks that a release could be made, and prints what to do for it. Changes and publishes nothing.
// Usage: npm run release. Exit code 1: something is wrong.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

const HEADING = /^## \[(.+?)\](?: - (\d{4}-\d{2}-\d{2}))?$/gmu;

/** The sections of a changelog, newest first: `{ name, date, text }`. */
const sectionsOf = (changelog) => {
  const headings = [...changelog.matchAll(HEADING)];
  return headings.map(({ 0: line, 1: name, 2: date, index }, at) => ({
    name,
    date,
    text: changelog.slice(index + line.length, headings[at + 1]?.index).trim(),
  }));
};

/**
 * Why there can be no release, a line each; none if there can.
 *
 * @param version of package.json
 * @param lockVersion of package-lock.json
 * @param changelog the text of CHANGELOG.md
 * @param changes what `git status --porcelain` prints
 * @param head the commit to release
 * @param tagged the commit that the version's tag points to; undefined without such a tag
 */
export const findProblems = ({ version, lockVersion, changelog, changes, head, tagged }) => {
  const [unreleased, newest] = sectionsOf(changelog);
  const problems = [];
  if (changes !== '') problems.push(`there are changes that are not committed:\n${changes}`);
  if (lockVersion !== version)
    problems.push(`package-lock.json has version ${lockVersion}, package.json ${version}: run npm install`);
  if (unreleased?.name !== 'Unreleased') problems.push('CHANGELOG.md does not begin with ## [Unreleased]');
  else if (unreleased.text !== '')
    problems.push(`CHANGELOG.md lists changes as unreleased: move them to a section of their version`);
  if (newest?.name !== version)
    problems.push(
      `the newest release in CHANGELOG.md is ${newest?.name ?? 'missing'}, that of package.json ${version}`,
    );
  else if (newest.date === undefined || newest.text === '')
    problems.push(`the section ${version} of CHANGELOG.md needs a date and a text`);
  if (tagged !== undefined && tagged !== head)
    problems.push(`the tag v${version} is at ${tagged}, not at ${head}: this version was released already`);
  return problems;
};

const run = (command, args) => spawnSync(command, args, { cwd: root, encoding: 'utf8' });

const output = (command, args) => {
  const { status, stdout, stderr, error } = run(command, args);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr}`);
  return stdout.trim();
};

const readJson = (name) => JSON.parse(readFileSync(join(root, name), 'utf8'));

const main = () => {
  const { name, version } = readJson('package.json');
  const tag = `v${version}`;
  const found = run('git', ['rev-parse', '--verify', '--quiet', `${tag}^{commit}`]);
  const tagged = found.status === 0 ? found.stdout.trim() : undefined;
  const problems = findProblems({
    version,
    lockVersion: readJson('package-lock.json').version,
    changelog: readFileSync(join(root, 'CHANGELOG.md'), 'utf8'),
    changes: output('git', ['status', '--porcelain']),
    head: output('git', ['rev-parse', 'HEAD']),
    tagged,
  });

  const npm = process.env.npm_execpath;
  const pack = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  output(process.execPath, [join(root, 'scripts/setup.mjs'), '--build']);
  const [packed] = Object.values(
    JSON.parse(npm === undefined ? output('npm', pack) : output(process.execPath, [npm, ...pack])),
  );
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const tests = run(process.execPath, [vitest, 'run', 'test/repository/package.test.ts']);
  if (tests.status !== 0) problems.push(`the tests of the package fail:\n${tests.stdout}${tests.stderr}`);

  process.stdout.write(`${packed.filename}: ${packed.files.length} files, ${packed.size} bytes packed\n`);
  for (const problem of problems) process.stdout.write(`not ready: ${problem}\n`);
  if (problems.length > 0) return 1;
  const commands = [
    ...(tagged === undefined ? [`git tag ${tag}`] : []),
    `git push origin ${tag}`,
    'npm publish',
  ];
  process.stdout.write(
    `${name} ${version} is ready. To release it:\n${commands.map((one) => `  ${one}\n`).join('')}`,
  );
  return 0;
};

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main();
