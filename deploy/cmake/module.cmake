# aval_module(NAME <room> SOURCES <files...> [PROTOS <files...>] [USES <rooms...>] [LINKS <third party...>]
#             [PRECOMPILED <headers...> | PRECOMPILED_AS <room>])
#
# Declares one room as a static library aval_<room>. USES names rooms declared earlier; anything
# else is an error, which is how the direction of the include graph is kept. LINKS are third-party
# libraries of this room alone. PROTOS become <build>/<room>/<file>.pb.h, included as "<room>/<file>.pb.h".
# PRECOMPILED are the headers that most files of the room parse anyway, PRECOMPILED_AS takes those of another
# room. Every file still includes what it needs: a build with -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON makes the
# same program, only more slowly.
set_property(GLOBAL PROPERTY AVAL_ROOMS "")

function(aval_module)
  cmake_parse_arguments(ROOM "" "NAME;PRECOMPILED_AS" "SOURCES;PROTOS;USES;LINKS;PRECOMPILED" ${ARGN})
  get_property(declared GLOBAL PROPERTY AVAL_ROOMS)
  foreach(used IN LISTS ROOM_USES)
    if(NOT used IN_LIST declared)
      message(FATAL_ERROR "room '${ROOM_NAME}' uses '${used}', which is not declared before it")
    endif()
  endforeach()
  set_property(GLOBAL APPEND PROPERTY AVAL_ROOMS ${ROOM_NAME})

  set(target aval_${ROOM_NAME})
  add_library(${target} STATIC ${ROOM_SOURCES})
  target_link_libraries(${target} PUBLIC aval_flags)
  foreach(used IN LISTS ROOM_USES)
    target_link_libraries(${target} PUBLIC aval_${used})
  endforeach()
  target_link_libraries(${target} PRIVATE ${ROOM_LINKS})

  foreach(proto IN LISTS ROOM_PROTOS)
    get_filename_component(stem ${proto} NAME_WE)
    set(out ${PROJECT_BINARY_DIR}/${ROOM_NAME}/${stem}.pb)
    add_custom_command(
      OUTPUT ${out}.cc ${out}.h
      COMMAND protobuf::protoc --proto_path=${PROJECT_SOURCE_DIR} --cpp_out=${PROJECT_BINARY_DIR}
              ${ROOM_NAME}/${proto}
      DEPENDS ${PROJECT_SOURCE_DIR}/${ROOM_NAME}/${proto}
      VERBATIM)
    target_sources(${target} PRIVATE ${out}.cc ${out}.h)
    set_source_files_properties(${out}.cc PROPERTIES COMPILE_OPTIONS "-w" SKIP_PRECOMPILE_HEADERS ON)
    target_link_libraries(${target} PUBLIC protobuf::libprotobuf)
  endforeach()

  if(ROOM_PRECOMPILED)
    target_precompile_headers(${target} PRIVATE ${ROOM_PRECOMPILED})
  elseif(ROOM_PRECOMPILED_AS)
    target_precompile_headers(${target} REUSE_FROM aval_${ROOM_PRECOMPILED_AS})
  endif()
endfunction()

# aval_in_batches(<target> <n>)
#
# The compiler reads n files of the target at a time as one: half of what a small file costs is the headers it
# includes. So the names in the anonymous namespaces of the target's files differ.
function(aval_in_batches target size)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${size})
endfunction()

# aval_compiled_together(<room> <group> <files...>)
#
# The same for files named here: they share the machine code that CLI11, nlohmann/json and Asio make of every file
# that includes them, which is most of what such a file costs to compile.
function(aval_compiled_together room group)
  set_target_properties(aval_${room} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  set_source_files_properties(${ARGN} PROPERTIES UNITY_GROUP ${group})
endfunction()
