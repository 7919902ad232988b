import type { TestProject } from 'vitest/node';
import { prepareTemplate, type TestPostgres } from './postgres.ts';
import { startTestPostgres, startTestRedis } from './testServers.ts';

declare module 'vitest' {
  interface ProvidedContext {
    postgres: TestPostgres;
    redis: { url: string };
  }
}

/** Starts one PostgreSQL and one Redis for the whole run, and gives vitest the function that stops them. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const started = await Promise.allSettled([startTestPostgres(), startTestRedis()]);
  const stopAll = async () => {
    for (const server of started) if (server.status === 'fulfilled') await server.value.stop();
  };
  try {
    const [postgres, redis] = started;
    if (postgres.status === 'rejected') throw postgres.reason;
    if (redis.status === 'rejected') throw redis.reason;
    project.provide('postgres', await prepareTemplate(postgres.value.superuserUrl));
    project.provide('redis', { url: redis.value.url });
    return stopAll;
  } catch (error) {
    await stopAll();
    throw error;
  }
}
