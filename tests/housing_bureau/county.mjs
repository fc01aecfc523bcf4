// The other side: a county that rates twelve projects of three companies, and corrects itself.
//
//   node county.mjs STEP --address HOST:PORT --token ADMINISTRATOR
//
// STEP is `prepare`, or one of the publications below.
import { connect, options, sleep } from '../../examples/housing_bureau/wire.mjs';

const { mode, address, token } = options();
const county = 'xuancheng';
const service = (name) => connect(address, token, name);
const [registry, schemes, facts, evaluations, access] =
  ['Registry', 'Scheme', 'Fact', 'Evaluation', 'Access'].map((it) => service(`${it}Service`));

const PROJECTS = `
steelyard: scheme/v1
id: bureau.project
version: 1
subject: project
period: half
in_force: {from: 2022-01-01}
score:
  id: rating
  out_of: 100
  weighted:
    - {id: party_building, weight: 50%, out_of: 100, measured: {metric: party, as_is: true}}
    - {id: service_quality, weight: 50%, out_of: 100, measured: {metric: service, as_is: true}}
grades: [{id: star_5, at_least: 90}, {id: star_4, at_least: 80}, {id: star_3}]
sheets: [party_building, service_quality]
advice: {renewal: [{id: renew, grade: [star_5, star_4]}, {id: look_again}]}
`;
const COMPANIES = `
steelyard: scheme/v1
id: bureau.company
version: 1
subject: company
period: half
in_force: {from: 2022-01-01}
score:
  id: rating
  out_of: 100
  result_of: {scheme: bureau.project, of: projects, combine: weighted, listed: true, weight: households}
`;

const day = { year: 2022, month: 1, day: 1 };
const record = (kind, id, parent, detail) => ({
  kind: `RECORD_KIND_${kind}`, id, name: `名称${id}`, parent, effective_from: day, ...detail,
});
const unit = (kind, id, above) =>
  record(kind, id, above && { kind: `RECORD_KIND_${above[0]}`, id: above[1] }, { org_unit: {} });
const ids = Array.from({ length: 12 }, (_, at) => `p-${String(at + 1).padStart(2, '0')}`);

async function prepare() {
  const records = [
    unit('COUNTY', county),
    unit('STREET', 's-1', ['COUNTY', county]),
    unit('COMMUNITY', 'c-1', ['STREET', 's-1']),
    unit('COMPOUND', 'k-1', ['COMMUNITY', 'c-1']),
    ...['co-1', 'co-2', 'co-3'].map((id) => record('COMPANY', id, undefined, { company: {} })),
    ...ids.map((id, at) =>
      record('PROJECT', id, undefined, {
        project: { company_id: `co-${(at % 3) + 1}`, compound_id: 'k-1', households: 100 * (at + 1) },
      }),
    ),
  ];
  const done = await registry.send('UpsertRecords', [{ county, request_id: 'records', records }]);
  if (done.items.length > 0) throw new Error(JSON.stringify(done.items));
  for (const [name, document] of Object.entries({ PROJECTS, COMPANIES })) {
    await schemes.call('PublishScheme', { county, request_id: `scheme-${name}`, document: Buffer.from(document) });
  }
  await access.call('GrantRole', {
    county, request_id: 'grant', principal: 'credit', role_id: 'credit_reader',
    unit: { kind: 'RECORD_KIND_COUNTY', id: county }, reason: '住建信用系统',
  });
}

// Figures of projects in a period, by `party` and `service`.
async function figures(request_id, period, all) {
  const fact = (id, name, value) => ({
    subject: { kind: 'SUBJECT_KIND_PROJECT', id }, recorded_by: 'clerk',
    metric: { name, period, value: { value: String(value) } },
  });
  const list = all.flatMap(([id, party, quality]) => [fact(id, 'party', party), fact(id, 'service', quality)]);
  await facts.call('RecordFacts', { county, request_id, facts: list });
}

// Evaluates, and publishes: first, or in the place of what is published.
async function publish(scheme_id, period, request_id) {
  const started = await evaluations.call('StartRun', { county, request_id, scheme_id, period });
  const run_id = started.run.run_id;
  for (let state = ''; state !== 'RUN_STATE_COMPUTED'; await sleep(50)) {
    ({ state } = (await evaluations.call('GetRun', { county, run_id })).run);
    if (state === 'RUN_STATE_FAILED') throw new Error(`run ${run_id} failed`);
  }
  const runs = await evaluations.call('ListRuns', { county, scheme_id, period, states: ['RUN_STATE_PUBLISHED'] });
  const old = runs.runs[0];
  if (old) {
    const message = { county, request_id: `${request_id}-2`, old_run_id: old.run_id, new_run_id: run_id, reason: '更正' };
    await evaluations.call('SupersedeRun', message);
  } else {
    await evaluations.call('PublishRun', { county, request_id: `${request_id}-2`, run_id });
  }
}

const steps = {
  prepare,
  async projects() {
    await figures('half', '2022-H1', ids.map((id, at) => [id, 80 + at, 85 + at / 2]));
    await publish('bureau.project', '2022-H1', 'run-1');
  },
  companies: () => publish('bureau.company', '2022-H1', 'run-2'),
  async corrected() {
    await figures('correction', '2022-H1', [['p-03', 60, 61.5], ['p-07', 99, 98]]);
    await publish('bureau.project', '2022-H1', 'run-3');
  },
  again: () => publish('bureau.company', '2022-H1', 'run-4'),
  async next() {
    await figures('half-2', '2022-H2', ids.slice(1).map((id, at) => [id, 90 - at, 88.5]));
    await publish('bureau.project', '2022-H2', 'run-5');
  },
};

await steps[mode]();
for (const it of [registry, schemes, facts, evaluations, access]) it.close();
