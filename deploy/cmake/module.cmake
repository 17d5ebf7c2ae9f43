# aval_module(NAME <room> SOURCES <files...> [PROTOS <files...>] [USES <rooms...>] [LINKS <third party...>])
#
# Declares one room as a static library aval_<room>. USES names rooms declared earlier; anything
# else is an error, which is how the direction of the include graph is kept. LINKS are third-party
# libraries of this room alone. PROTOS become <build>/<room>/<file>.pb.h, included as "<room>/<file>.pb.h".
set_property(GLOBAL PROPERTY AVAL_ROOMS "")

function(aval_module)
  cmake_parse_arguments(ROOM "" "NAME" "SOURCES;PROTOS;USES;LINKS" ${ARGN})
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
    set_source_files_properties(${out}.cc PROPERTIES COMPILE_OPTIONS "-w")
    target_link_libraries(${target} PUBLIC protobuf::libprotobuf)
  endforeach()
endfunction()
