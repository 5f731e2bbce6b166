#include "rotation.h"

rotation rotation_decide(const refresh_token_state *token, int64_t now_us)
{
    if (token->session_revoked)
        return ROTATION_REVOKED;
    if (now_us >= token->expires_us)
        return ROTATION_EXPIRED;
    if (!token->used)
        return ROTATION_ACCEPT;
    if (!token->child_used && now_us - token->used_us <= ROTATION_GRACE_US)
        return ROTATION_SAME_CHILD;
    return ROTATION_REUSED;
}
