#pragma once
#include <stddef.h>

/// AddressSanitizer reports any access to these bytes until recall_allow is called. No effect without it.
void recall_forbid(void *start, size_t bytes);
void recall_allow(void *start, size_t bytes);
