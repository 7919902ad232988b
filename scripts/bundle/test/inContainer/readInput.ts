import { text } from 'node:stream/consumers';

/** The probe's input, which its starter wrote to stdin. */
export async function readInput<Input>(): Promise<Input> {
  return JSON.parse(await text(process.stdin)) as Input;
}
