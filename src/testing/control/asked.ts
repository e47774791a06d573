import { badRequest } from './control-error.js'

/**
 * What `act` returns; a TypeError or SyntaxError of its own is about what was asked for.
 *
 * @throws ControlError 400
 */
export async function asked<T>(act: () => T | Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (error instanceof TypeError || error instanceof SyntaxError) {
      throw badRequest(error.message, error)
    }
    throw error
  }
}
