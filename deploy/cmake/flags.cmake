# Compiler and linker flags of every target, as one interface library.
add_library(aval_flags INTERFACE)
target_include_directories(aval_flags INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
target_compile_options(aval_flags INTERFACE
  -fPIE  # the same for libraries and programs, so that they can share precompiled headers
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wimplicit-fallthrough
  -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>  # g++ 12 sees ghosts in std::optional
  $<$<BOOL:${AVAL_WARNINGS_AS_ERRORS}>:-Werror>)
target_compile_definitions(aval_flags INTERFACE
  $<$<BOOL:${AVAL_MUTANTS}>:AVAL_MUTANTS>)

if(AVAL_SANITIZE)
  target_compile_options(aval_flags INTERFACE
    -fsanitize=${AVAL_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(aval_flags INTERFACE -fsanitize=${AVAL_SANITIZE})
elseif(AVAL_HARDENING)
  target_compile_options(aval_flags INTERFACE
    -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -D_GLIBCXX_ASSERTIONS
    -fstack-protector-strong -fstack-clash-protection -fcf-protection=full
    -fno-delete-null-pointer-checks -fno-strict-overflow
    $<$<CXX_COMPILER_ID:GNU>:-ftrivial-auto-var-init=zero>)
  target_link_options(aval_flags INTERFACE
    -pie -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code,--as-needed)
endif()

find_program(AVAL_LLD ld.lld)
if(AVAL_LLD)
  target_link_options(aval_flags INTERFACE -fuse-ld=lld)
endif()

# Headers of the standard library and of protobuf that nearly every file parses.
set(AVAL_STANDARD_HEADERS <algorithm> <array> <cstdint> <deque> <filesystem> <functional> <map> <memory> <optional> <set>
    <span> <string> <string_view> <tuple> <utility> <variant> <vector>)
