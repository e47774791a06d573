/** With each answer: tells who asks that this is the API that it takes it for. */
export const API_HEADER = 'samsa-api-version'
export const API_VERSION = '1.0.0'
