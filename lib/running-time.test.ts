import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { afterRunning, runningDeadline, withinRunning } from '#lib/running-time';

const run = promisify(execFile);

describe('F-02 a limit of running time', () => {
  test('lets what has arrived be read first, however long the process stood still', async () => {
    // A server in a thread of its own answers while the asking one spins: every timer is overdue when it looks again.
    const program = `
      import { once } from 'node:events';
      import { connect } from 'node:net';
      import { Worker } from 'node:worker_threads';
      import { afterRunning } from '#lib/running-time';
      const server = new Worker(\`
        import { createServer } from 'node:net';
        import { parentPort } from 'node:worker_threads';
        const server = createServer((socket) => socket.once('data', () => socket.end('answer')));
        server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
      \`, { eval: true });
      const [port] = await once(server, 'message');
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      const order = [];
      socket.once('data', () => order.push('answer'));
      afterRunning(400, () => { order.push('limit'); console.log(order.join()); process.exit(0); });
      socket.write('ask');
      await new Promise((resolve) => setTimeout(resolve, 10));
      const until = Date.now() + 3000;
      while (Date.now() < until);
    `;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program]);
    expect(stdout.trim()).toBe('answer,limit');
  });

  test('aborts with a TimeoutError', async () => {
    const { signal } = runningDeadline(20);
    await expect.poll(() => signal.aborted).toBe(true);
    expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
  });

  test('is called off by what it was set for', async () => {
    let over = 0;
    const clear = afterRunning(20, () => {
      over += 1;
    });
    clear();
    expect(await withinRunning(1000, Promise.resolve('here'), () => new Error('late'))).toBe('here');
    await expect(withinRunning(20, new Promise(() => {}), () => new Error('late'))).rejects.toThrow('late');
    expect(over).toBe(0);
  });
});
