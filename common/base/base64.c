#include "base64.h"

bool base64_is_text(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char c = text[i], letter = (char)(c | 0x20);
        bool known = (letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '-' ||
                     c == '_' || c == '=';
        if (!known)
            return false;
    }
    return true;
}
