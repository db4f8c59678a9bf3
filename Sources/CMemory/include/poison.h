#pragma once
#include <stddef.h>

/// Under AddressSanitizer, any access to these bytes is an error from now on, until they are allowed again;
/// otherwise no effect.
void recall_forbid(void *start, size_t bytes);
void recall_allow(void *start, size_t bytes);
