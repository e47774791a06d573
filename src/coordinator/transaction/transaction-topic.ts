/** Where the transactions of transactional ids are kept. */
export const TRANSACTION_STATE_TOPIC = '__transaction_state'
