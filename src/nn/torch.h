// The only door to libtorch: every file below the torch line includes this and no other torch header. It is
// also the one precompiled header, so keep it to what most torch files need.
#pragma once

#include <torch/torch.h>
