// Recordings do not change by themselves: the hash of each shipped scenario, as another version of the program made it.
// A change that means to alter recordings changes the hash here, says so in CHANGELOG, and never that of shm-close-bug.
import { expect, it } from 'vitest';
import { hashRecording } from '../../src/recording/file.js';
import { replay } from '../../src/run/replay.js';
import { listScenarios, loadScenario } from '../../src/scenario/scenario.js';

const HASHES: Readonly<Record<string, string>> = {
  'empty-queue': 'cc9357768d9fd58da05d665c41761e4d4fe68817d26091e76cc1fd56725f0786',
  'empty-queue-control': '31c5411cce2d357637315c361e31290b99f43cdbe6b72c0b639fce54afd34e7b',
  'fence-file': '34a6285f9f074b0390e8c920e5d58d230d560238edf646f9e875575caaba68c3',
  'fence-file-control': '197fe24d23b0b14f71a7494020a06d7af4b0fbc3a657ad9b81b516e86abeb05b',
  'hdlc-buffers': '387f198b577793ef76629e660a047f2981eab4aca4803335aee2480a61d6f24d',
  'hdlc-buffers-control': '1bd2a96568a300d332b27530a9eb26f3765fa75efbae08925c9122ceae19f311',
  'lookup-empty-registry': 'cc6ce7f36d7db4b2144445b2bf668d5e45f5f60a1f58d2002a4b2189f92cd560',
  'lookup-empty-slot': 'b487b239d9e2dd3b6eccbc5a78d1d1fe248f89d34c5c3169eae7905a08dfa392',
  'lookup-id-minus-one': '9f3f69b935f9259a4a345278954104b526d6d6c1d86992d731450ddddf60252f',
  'lookup-segment-deleted': 'f743cdc23078b88fead1a70ddd7a4fa26b14d13abbc15b4b748a8cdf404a8e56',
  'lookup-segment-removed': '1664c0eb0382ad8ffe874c2e86859c2bdd39f531b4b2e00d1ba25ae85a995851',
  'lookup-three-layers': '1af7d6c18e14a2c5eda8b48f421d7e97b6ab71ad688a70f000b13b5a0cb80d9f',
  'lookup-two-layers-empty-slot': 'cc4d83a4540be3d3fd9a0c46c2d3a48977095e21bcaa26ffa8fbd92800d1e2cc',
  'lookup-two-layers-no-leaf': 'd9a23d98bc7faf6a83d3cd8fcb6186b0313809a6917e0b4d42961ec2df0fafd2',
  'mount-arena': 'c7ed9fae27473cb15e10bf760c874d5c1844ef77f26f1a14fbc6bfeaee7947a7',
  'pipe-flags': '0790b4835de691807e42b13795dd91b48cf2ea2dc61c7f6e3af670d110a55ce0',
  'pipe-flags-control': '10a20001ef92bb3a6ba015aa79446474461e46587968ab0a7c275048527707e2',
  'program-map': '238fdeaa4984c69ee9c44e2e5c01594c9b8642b8b2e168f28f24aa49d761c132',
  'program-map-control': '0c1776e96eafddabe713113b49ee601bc63ad7a54368f245874a938dd61676f9',
  'shm-close-bug': '7b3361bbdb3a54250686415af0ab75264ebdaf1984867dc872f5d3efc6704744',
  'shm-close-control': 'be2593233eac4bb60f679a7a0a2432b1660c79ef662007f7db4771a088f367db',
  'slabinfo-bug': '40265dda58257d2b27b95aea3671dcaea4c7ddb62387a6fbd7ecfa6395737be7',
  'slabinfo-control': '4b15060d15147937a344706688350d5995e7bdfa7e91a3c7e43d03799d1b9795',
  'timer-list': '76d1ed5c42ee8e3107cb7863046c84ac0436a5725ef65447f96fa08addfd3e79',
  'timer-list-control': 'f801de4105236cbc13e8f314f8f2cd536bc437daf724cc7a8bce571b9afcb6eb',
};

it.each(listScenarios().map(({ name }) => name))('%s gives the recording that it always gave', (name) => {
  expect(hashRecording(replay(loadScenario(name)))).toBe(`sha256:${HASHES[name]}`);
});
