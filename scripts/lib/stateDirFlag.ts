/** Where what runs here keeps its settings, secrets and data; tests run a second one beside the operator's. */
export const stateDirFlag = {
  type: 'string',
  placeholder: 'DIR',
  summary: "keep state there, instead of in this checkout's .stack/, compose/.env and secrets/",
} as const;
