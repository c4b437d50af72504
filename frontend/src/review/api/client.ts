// Calls to the server. Every failure becomes an ApiError with words for the user.

import type { ErrorAnswer, Job } from '../types';

export class ApiError extends Error {
  /** `status` is 0 if the server could not be reached. */
  constructor(message: string, readonly status: number, readonly code: ErrorAnswer['code'] | 'unreachable') {
    super(message);
  }

  get unreachable(): boolean {
    return this.status === 0;
  }
}

const GONE = 'The connection to touchline is gone. Is the command still running in its terminal?';

async function answer(path: string, init?: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { ...init, credentials: 'same-origin' });
  } catch {
    throw new ApiError(GONE, 0, 'unreachable');
  }
  if (response.ok) return response;
  throw await errorOf(response);
}

async function errorOf(response: Response): Promise<ApiError> {
  try {
    const body = (await response.json()) as ErrorAnswer;
    return new ApiError(body.error, response.status, body.code);
  } catch {
    return new ApiError(`The server answered ${response.status} ${response.statusText}.`, response.status, 'failed');
  }
}

export async function get<T>(path: string): Promise<T> {
  return (await (await answer(path)).json()) as T;
}

export async function post<T>(path: string, body: unknown, keepalive = false): Promise<T> {
  const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body), keepalive };
  return (await (await answer(path, init)).json()) as T;
}

/** Return the bytes at an address; waits for the job that makes them if the server has to make them first. */
export async function bytes(path: string): Promise<ArrayBuffer> {
  const response = await answer(path);
  if (response.status !== 202) return response.arrayBuffer();
  const job = (await response.json()) as Job;
  const done = await finished(job, () => undefined);
  if (done.state !== 'done') throw new ApiError(done.text, 500, 'failed');
  return bytes(path);
}

const POLL_MS = 500;

/** Follow a job until it has ended; `changed` sees every state on the way. */
export async function finished(job: Job, changed: (job: Job) => void): Promise<Job> {
  let now = job;
  changed(now);
  while (now.state === 'queued' || now.state === 'running') {
    await pause(POLL_MS);
    now = await get<Job>(`/api/jobs/${encodeURIComponent(job.id)}`);
    changed(now);
  }
  return now;
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => { setTimeout(resolve, milliseconds); });
}
