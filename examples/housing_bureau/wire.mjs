// The service's calls through @grpc/grpc-js, from its protos.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
// The packages lie in a folder of their own, which MODULES names.
const modules = process.env.MODULES ?? path.join(root, '.cache', 'npm', 'housing_bureau');
const require = createRequire(path.join(modules, 'here.js'));
export const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const files = ['access', 'evaluation', 'fact', 'rating', 'registry', 'scheme'];
const definition = loader.loadSync(
  files.map((it) => `steelyard/v1/${it}.proto`),
  { includeDirs: [path.join(root, 'proto')], keepCase: true, longs: String, enums: String, defaults: true },
);
const { v1 } = grpc.loadPackageDefinition(definition).steelyard;

// A client of a service. It looks for a server that is gone every half second at most.
export function connect(address, token, service) {
  const metadata = new grpc.Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  const client = new v1[service](address, grpc.credentials.createInsecure(), {
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 500,
  });
  const deadline = () => new Date(Date.now() + 20_000);
  return {
    // One answer to one message.
    call: (method, message) =>
      new Promise((resolve, reject) =>
        client[method](message, metadata, { deadline: deadline() }, (error, answer) =>
          error ? reject(error) : resolve(answer),
        ),
      ),
    // One answer to a stream of messages.
    send: (method, messages) =>
      new Promise((resolve, reject) => {
        const stream = client[method](metadata, { deadline: deadline() }, (error, answer) =>
          error ? reject(error) : resolve(answer),
        );
        for (const message of messages) stream.write(message);
        stream.end();
      }),
    // A stream of answers.
    watch: (method, message) => client[method](message, metadata),
    close: () => client.close(),
  };
}

export const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

// `--name value` pairs after the first word.
export function options() {
  const [mode, ...rest] = process.argv.slice(2);
  const all = { mode };
  for (let at = 0; at < rest.length; at += 2) all[rest[at].replace(/^--/, '')] = rest[at + 1];
  return all;
}
