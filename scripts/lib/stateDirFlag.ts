/** The flag of every command that works on what runs here. */
export const stateDirFlag = {
  type: 'string',
  placeholder: 'DIR',
  summary: 'another state directory than .stack/embedded',
} as const;
