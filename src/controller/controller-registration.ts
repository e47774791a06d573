import { recordVersions } from '../metadata/record-versions.js'
import { ErrorCode, errorName } from '../protocol/errors.js'
import type {
  ControllerRegistrationRequest,
  ControllerRegistrationResponse,
} from '../protocol/schema/controller-registration.js'
import type { Decision, DecisionContext } from './decision.js'

/** Takes in a controller (Kafka's `ClusterControlManager.registerController`). */
export function registerController(
  { image }: DecisionContext,
  request: ControllerRegistrationRequest,
): Decision<ControllerRegistrationResponse> {
  if (!recordVersions(image.features).registerController) {
    const errorCode = ErrorCode.UNSUPPORTED_VERSION
    const errorMessage = errorName(errorCode)
    return { records: [], response: { throttleTimeMs: 0, errorCode, errorMessage } }
  }
  return {
    records: [
      {
        type: 'RegisterControllerRecord',
        version: 0,
        data: {
          controllerId: request.controllerId,
          incarnationId: request.incarnationId,
          zkMigrationReady: false,
          endPoints: request.listeners,
          features: request.features,
        },
      },
    ],
    response: { throttleTimeMs: 0, errorCode: ErrorCode.NONE, errorMessage: null },
  }
}
