// A client of the housing bureau: it follows the ratings of a county, and knows whether it has all of them.
//
//   npm install --prefix ../../.cache/npm/housing_bureau @grpc/grpc-js @grpc/proto-loader
//   node client.mjs follow --address HOST:PORT --token TOKEN --county COUNTY --state FILE --until SEQ
//   node client.mjs check  --address HOST:PORT --token TOKEN --county COUNTY --state FILE
//
// `follow` goes on from the cursor in FILE, through whatever interruption, until publication SEQ is told
// to its end. `check` compares what was stored with the digests of the service (docs/ratings.md).
import { createHash } from 'node:crypto';
import fs from 'node:fs';

import { connect, options, sleep } from './wire.mjs';

const { mode, address, token, county, state: file, until } = options();

// What is stored: the cursor, the digest of each rating by publication and subject, and what was told.
const state = fs.existsSync(file)
  ? JSON.parse(fs.readFileSync(file, 'utf8'))
  : { cursor: '', seq: 0, ratings: {}, told: [] };

// Takes changes in, together with the cursor after them: all of it is stored, or nothing.
function take(changes, cursor) {
  for (const { cursor: at, publication, subject, rating } of changes) {
    const of = `${publication.scheme_id} ${publication.period}`;
    state.ratings[of] ??= {};
    if (rating) state.ratings[of][subject.id] = rating.digest;
    else delete state.ratings[of][subject.id];
    state.told.push(at);
    state.seq = Math.max(state.seq, Number(publication.seq));
  }
  state.cursor = cursor;
  fs.writeFileSync(`${file}.new`, JSON.stringify(state));
  fs.renameSync(`${file}.new`, file);
}

// One watch, until it ends; how it ended.
function watch(service) {
  return new Promise((ended) => {
    const stream = service.watch('WatchRatings', { county, cursor: state.cursor });
    stream.on('data', ({ changes, cursor }) => {
      take(changes, cursor);
      if (state.seq >= Number(until)) stream.cancel();
    });
    stream.on('error', (error) => ended(error.details));
    stream.on('end', () => ended('the end'));
  });
}

// Everything that is there now, by page.
async function catchUp(service) {
  for (;;) {
    const page = await service.call('ListRatingChanges', { county, cursor: state.cursor, page_size: 5 });
    take(page.changes, page.next_cursor);
    if (page.at_end) return;
  }
}

async function follow() {
  const service = connect(address, token, 'PropertyRatingService');
  let interruptions = 0, said = '';
  for (let done = false; !done; ) {
    let why = '';
    if (state.seq < Number(until)) why = await watch(service);
    if (state.seq >= Number(until)) why = await catchUp(service).then(() => '', (error) => error.details);
    done = why === '' && state.seq >= Number(until);
    if (done) break;
    interruptions += 1;
    const [what] = why.split(/[.:]/);
    if (what !== said) console.log(`interrupted: ${what}`);
    said = what;
    await sleep(100);
  }
  console.log(`followed to publication ${state.seq}, ${state.told.length} changes, ${interruptions} interruptions`);
  service.close();
}

// The digest over what is stored, as docs/ratings.md says.
function digest(ratings) {
  const lines = Object.keys(ratings).sort().map((id) => `${id} ${ratings[id]}\n`);
  return createHash('sha256').update(lines.join('')).digest('hex');
}

async function check() {
  const service = connect(address, token, 'PropertyRatingService');
  for (const [of, ratings] of Object.entries(state.ratings)) {
    const [scheme_id, period] = of.split(' ');
    const there = await service.call('GetRatingDigest', { county, of: { scheme_id, period } });
    const own = { count: String(Object.keys(ratings).length), digest: digest(ratings) };
    const same = own.count === there.count && own.digest === there.digest;
    console.log(`${of}: ${own.count} ratings ${own.digest.slice(0, 16)} ${same ? 'complete' : 'INCOMPLETE'}`);
    if (!same) process.exitCode = 1;
  }
  // What was told on the way is what is told to whoever starts from the beginning: once each, in order.
  const whole = [];
  for (let cursor = '', at_end = false; !at_end; ) {
    const page = await service.call('ListRatingChanges', { county, cursor });
    whole.push(...page.changes.map((it) => it.cursor));
    ({ next_cursor: cursor, at_end } = page);
  }
  const missed = whole.filter((it) => !state.told.includes(it)).length;
  const twice = state.told.length - new Set(state.told).size;
  const same = JSON.stringify(whole) === JSON.stringify(state.told);
  console.log(`${whole.length} changes in all, ${missed} missed, ${twice} told twice`);
  if (!same) process.exitCode = 1;
  service.close();
}

await { follow, check }[mode]();
