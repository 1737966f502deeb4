# The house as a table: each room is a folder, and says which others it may use. The sources of a room go to the library
# of the floor it is on (sim, capture, replay, cli). tests/cli/purity_test.cc holds every #include against this table,
# which it reads from rooms.txt in the build directory, and docs/design.md says what each room is for.

set(HALFOPEN_ROOMS "")

# halfopen_room(FOLDER USES FOLDER...): a name ending in "/*" is a whole floor.
function(halfopen_room room)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "" "USES")
  string(REGEX REPLACE "/.*" "" floor ${room})
  string(TOUPPER ${floor} floor)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${room}/*.cc)
  list(APPEND ${floor}_SOURCES ${sources})
  set(${floor}_SOURCES ${${floor}_SOURCES} PARENT_SCOPE)
  list(JOIN ARG_USES " " uses)
  set(HALFOPEN_ROOMS "${HALFOPEN_ROOMS}${room}: ${uses}\n" PARENT_SCOPE)
endfunction()

halfopen_room(sim/base)
halfopen_room(sim/why USES sim/base)
halfopen_room(sim/wire USES sim/base sim/why)
halfopen_room(sim/trace USES sim/base sim/why sim/wire)
halfopen_room(sim/tcp USES sim/base sim/why sim/wire sim/tcp/profiles)
halfopen_room(sim/tcp/profiles USES sim/tcp)
halfopen_room(sim/script USES sim/base sim/why sim/wire)
halfopen_room(sim/os USES sim/base sim/wire sim/trace sim/tcp)
halfopen_room(sim/apps USES sim/base sim/wire sim/os)
halfopen_room(sim/scenario USES sim/base sim/wire sim/trace sim/tcp sim/os sim/apps)
halfopen_room(sim/run USES sim/base sim/wire sim/trace sim/tcp sim/os sim/apps sim/scenario)
halfopen_room(sim/drill USES sim/base sim/why sim/wire sim/trace sim/tcp sim/os sim/script sim/run)

halfopen_room(capture/note USES sim/*)
halfopen_room(capture/decode USES capture/note sim/*)
halfopen_room(capture/file USES capture/note capture/decode sim/*)
halfopen_room(capture/flow USES capture/decode sim/*)
halfopen_room(capture/expect USES capture/note capture/flow sim/*)
halfopen_room(capture/tell USES capture/note capture/file capture/flow capture/expect sim/*)
halfopen_room(capture/script USES capture/file capture/flow sim/*)
halfopen_room(capture/compare USES capture/note capture/file capture/flow capture/tell sim/*)

halfopen_room(library/halfopen)
halfopen_room(library USES library/halfopen capture/note capture/file sim/*)

halfopen_room(replay/base)
halfopen_room(replay/watch USES replay/base sim/*)
halfopen_room(replay/sandbox USES replay/base replay/watch sim/*)
halfopen_room(replay/run USES replay/base replay/watch replay/sandbox sim/*)
halfopen_room(replay/drill USES replay/base replay/run replay/sandbox sim/*)
halfopen_room(replay/doctor USES replay/base replay/watch replay/sandbox)
halfopen_room(replay/guest USES replay/base capture/file sim/*)

halfopen_room(cli/tell USES capture/* sim/*)
halfopen_room(cli/line USES cli/tell capture/compare sim/*)
halfopen_room(cli/run USES cli/tell cli/line replay/base replay/run capture/* sim/*)
halfopen_room(cli/check USES cli/tell cli/line cli/run replay/base replay/run capture/* sim/*)
halfopen_room(cli/vm USES cli/tell cli/line cli/run cli/check cli/drill replay/base replay/guest sim/*)
halfopen_room(cli/drill USES cli/tell cli/line cli/run replay/base replay/run replay/drill capture/* sim/*)
halfopen_room(cli/commands USES cli/tell cli/line cli/run cli/check cli/vm cli/drill replay/* capture/* sim/*)
halfopen_room(cli USES cli/tell cli/line cli/commands replay/base capture/file sim/*)
list(REMOVE_ITEM CLI_SOURCES ${CMAKE_SOURCE_DIR}/cli/main.cc)

# Executables of their own, built in their own folders.
set(HALFOPEN_ROOMS "${HALFOPEN_ROOMS}replay/programs: sim/apps\n")
set(HALFOPEN_ROOMS "${HALFOPEN_ROOMS}replay/guest/init: replay/base replay/guest\n")
file(WRITE ${CMAKE_BINARY_DIR}/rooms.txt "${HALFOPEN_ROOMS}")
