/**
 * Function words of languages that the model of meaning does not know, without accents. It has pieces for them, since they occur in English
 * texts too, but no meaning. None of them is an English word that a question about tools has.
 */
export const FOREIGN_WORDS: ReadonlySet<string> = new Set(
  // German, Dutch, French, Spanish, Portuguese, Italian.
  `
  aber als auf aus bei bist bitte dann das dass dein deine dem denn der des dich dir doch du durch ein eine einem einen einer eines er es
  ganz gib habe haben hier ich ihm ihn ihr im ist jetzt kann kein keine mehr mein meine meinem meinen meiner mich mir mit muss nach nicht
  noch nur ob oder ohne schon sehr sein seine sich sie sind soll uber um und uns unser unsere vom von vor wann warum weil welche welcher
  welches wenn wer werden wie wir wird wo wurde zu zum zur zwischen aan bij dat deze een gaan geen heb heeft het hoe ik jij maar mijn naar
  niet nog ook onze te toen uit van veel voor wat welk wij worden zijn au aux avec avez avoir ce ces cet cette chez comme dans de depuis
  elle elles en est et etre eux faire fais il ils je la le les leur lui mais mes mon ne ni nos notre nous ont ou pas peux pourquoi quand que
  quel quelle quelles quels qui quoi sa sans ses si sont ta tes toi tu un une vers voici vos votre vous al algo aqui asi como cual cuales
  cuando cuanto del desde donde el ella ellos entre esa ese eso esta estan estas este esto estos fue hace hacer las lo los mas mi mis muy
  nada nuestra nuestro otra otro para pero porque puede pues quien se sobre soy su sus tambien tengo tiene todo tus una uno unos ao aos ela
  ele em essa esse eu foi isso isto lhe meu minha na nao nas num pela pelo por qual quando sao seu sua tem uma voce anche che chi ci cosa
  cui degli dei della delle di gli hai io lei loro mia mio molto nei nel nella noi perche piu quali quello questa questo sei sono sul sulla
  tra tutti
  `
    .trim()
    .split(/\s+/),
);
